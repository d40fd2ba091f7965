package memnet_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/transport/memnet"
)

// machine is a memnet.Machine made of functions.
type machine struct {
	receive func(now time.Duration, from memnet.Node, m int)
	expire  func(now time.Duration, timer uint64)
}

func (m machine) Receive(now time.Duration, from memnet.Node, v int) {
	if m.receive != nil {
		m.receive(now, from, v)
	}
}

func (m machine) Expire(now time.Duration, timer uint64) {
	if m.expire != nil {
		m.expire(now, timer)
	}
}

// arrival is one call of a machine.
type arrival struct {
	at   time.Duration
	from memnet.Node
	m    int
}

// recorded returns a network of two or more nodes, each of which records what it receives.
func recorded(o memnet.EventOptions[int], nodes int) (*memnet.EventNet[int], [][]arrival) {
	net := memnet.NewEventNet(o)
	got := make([][]arrival, nodes)
	for i := range nodes {
		net.Add(machine{
			receive: func(now time.Duration, from memnet.Node, m int) { got[i] = append(got[i], arrival{now, from, m}) },
			expire: func(now time.Duration, timer uint64) {
				got[i] = append(got[i], arrival{now, memnet.Node(i), int(timer)})
			},
		})
	}
	return net, got
}

const ms = time.Millisecond

func TestEventLatencyIsExact(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Latency: 30 * ms}, 2)
	net.Send(0, 1, 7)
	require.Equal(t, 0, net.Run(30*ms-1))
	require.Equal(t, 30*ms-1, net.Now())
	require.Equal(t, 1, net.Run(30*ms))
	require.Equal(t, []arrival{{30 * ms, 0, 7}}, got[1])

	net.SetOptions(memnet.EventOptions[int]{
		Latency: time.Hour,
		Between: func(from, to memnet.Node) time.Duration { return time.Duration(10*from+to) * ms },
	})
	net.Send(1, 0, 8)
	require.True(t, net.Step())
	require.Equal(t, []arrival{{40 * ms, 1, 8}}, got[0])
	require.False(t, net.Step(), "nothing is left")
	require.Equal(t, 40*ms, net.Now())
}

func TestTimeGoesByWithoutLatency(t *testing.T) {
	net := memnet.NewEventNet(memnet.EventOptions[int]{})
	var echo machine
	echo.receive = func(_ time.Duration, from memnet.Node, m int) { net.Send(1-from, from, m) }
	net.Add(echo)
	net.Add(echo)
	net.Send(0, 1, 0)
	require.Equal(t, 1000, net.Run(1000), "one a nanosecond")
}

func TestEventsOfOneMomentKeepTheirOrder(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Latency: ms}, 2)
	for i := range 100 {
		net.Send(0, 1, i)
	}
	net.SetTimer(1, ms, 100)
	net.Run(time.Second)
	require.Len(t, got[1], 101)
	for i, a := range got[1] {
		require.Equal(t, i, a.m)
	}
}

func TestJitterIsBoundedAndReorders(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Seed: 1, Latency: 10 * ms, Jitter: 5 * ms}, 2)
	for i := range 1000 {
		net.Send(0, 1, i)
	}
	net.Run(time.Second)
	overtaken := 0
	for i, a := range got[1] {
		require.GreaterOrEqual(t, a.at, 10*ms)
		require.LessOrEqual(t, a.at, 15*ms)
		if i > 0 && a.m < got[1][i-1].m {
			overtaken++
		}
	}
	require.InDelta(t, 500, overtaken, 50)
	require.Len(t, got[1], 1000)
}

func TestEventLossIsAShare(t *testing.T) {
	for _, p := range []float64{0, 0.01, 0.3, 1} {
		net, got := recorded(memnet.EventOptions[int]{Seed: 1, Loss: p}, 2)
		for i := range 100_000 {
			net.Send(0, 1, i)
		}
		net.Run(time.Second)
		deviation := math.Sqrt(100_000 * p * (1 - p))
		require.InDelta(t, 100_000*(1-p), len(got[1]), 4*deviation)
	}
}

func TestSomeMessagesArriveTwice(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Seed: 1, Duplicate: 0.1, Jitter: ms}, 2)
	for i := range 10_000 {
		net.Send(0, 1, i)
	}
	net.Run(time.Second)
	times := make(map[int]int)
	for _, a := range got[1] {
		times[a.m]++
		require.LessOrEqual(t, times[a.m], 2)
	}
	require.Len(t, times, 10_000)
	require.InDelta(t, 11_000, len(got[1]), 120)
}

func TestEventBandwidthIsExact(t *testing.T) {
	size := func(m int) int { return m }
	net, got := recorded(memnet.EventOptions[int]{Latency: 10 * ms, Bandwidth: 1_000_000, Size: size}, 3)
	net.Send(0, 1, 20_000)
	net.Send(0, 1, 5_000) // behind the first
	net.Send(0, 2, 1_000) // each pair has a link of its own
	net.Send(1, 0, 2_000) // and each direction
	net.Run(time.Second)
	require.Equal(t, []arrival{{30 * ms, 0, 20_000}, {35 * ms, 0, 5_000}}, got[1])
	require.Equal(t, []arrival{{11 * ms, 0, 1_000}}, got[2])
	require.Equal(t, []arrival{{12 * ms, 1, 2_000}}, got[0])
	net.Send(0, 1, 1_000) // the link has been idle since
	require.True(t, net.Step())
	require.Equal(t, time.Second+11*ms, net.Now())
}

func TestALinkThatIsOccupiedIsNotForgotten(t *testing.T) {
	const nodes = 5000 // more than are remembered when idle
	size := func(m int) int { return m }
	net, got := recorded(memnet.EventOptions[int]{Bandwidth: 1000, Size: size}, nodes)
	net.Send(0, 1, 1000)
	for i := range nodes {
		net.Send(memnet.Node(i), 0, 1)
		net.Run(net.Now() + ms/10)
	}
	net.Send(0, 1, 1000)
	net.Run(time.Minute)
	require.Equal(t, []time.Duration{time.Second, 2 * time.Second}, []time.Duration{got[1][0].at, got[1][1].at})
}

func TestEventPartitionAndHeal(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Latency: 10 * ms}, 4)
	sendAll := func() {
		for from := range memnet.Node(4) {
			for to := range memnet.Node(4) {
				net.Send(from, to, 0)
			}
		}
	}
	count := func() (counts [4]int) {
		for i := range got {
			counts[i], got[i] = len(got[i]), nil
		}
		return counts
	}
	net.Partition([]memnet.Node{0}, []memnet.Node{1, 99, -1})
	sendAll()
	net.Run(net.Now() + time.Second)
	require.Equal(t, [4]int{1, 1, 2, 2}, count(), "2 and 3 are in no group, and so together")
	net.Partition([]memnet.Node{0, 1})
	sendAll()
	net.Run(net.Now() + time.Second)
	require.Equal(t, [4]int{2, 2, 2, 2}, count())
	sendAll()
	net.Heal()
	net.Run(net.Now() + time.Second)
	require.Equal(t, [4]int{2, 2, 2, 2}, count(), "what was sent before is lost")
	net.Cut(0, 3)
	sendAll()
	net.Run(net.Now() + time.Second)
	require.Equal(t, [4]int{3, 4, 4, 3}, count())
	net.Heal()
	sendAll()
	net.Cut(1, 2)
	net.Run(net.Now() + time.Second)
	require.Equal(t, [4]int{4, 3, 3, 4}, count(), "what is under way when the link is cut is lost")
}

func TestEventKillAndRestart(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Latency: 10 * ms}, 2)
	net.SetTimer(1, 20*ms, 1)
	net.Send(0, 1, 2)
	net.Send(1, 0, 3)
	net.Kill(1)
	net.Kill(1)
	net.Send(1, 0, 4)
	net.SetTimer(1, ms, 5)
	net.Send(0, 1, 6)
	var reborn []int
	net.Restart(1, machine{receive: func(_ time.Duration, _ memnet.Node, m int) { reborn = append(reborn, m) }})
	net.Send(0, 1, 7)
	require.Equal(t, 2, net.Run(time.Second))
	require.Empty(t, got[1], "timers and messages of the old life are gone")
	require.Equal(t, []int{7}, reborn)
	require.Equal(t, []arrival{{10 * ms, 1, 3}}, got[0], "what it sent before still arrives")

	net.Send(0, 1, 8)
	net.Restart(1, machine{})
	require.Equal(t, 0, net.Run(2*time.Second), "the machine it was for is gone")
	net.Restart(1, nil)
	net.Send(0, 1, 9)
	require.False(t, net.Step(), "nobody is there")
}

func TestNodesThatDoNotExistAreDead(t *testing.T) {
	net, _ := recorded(memnet.EventOptions[int]{}, 1)
	for _, node := range []memnet.Node{-1, 1, math.MaxInt32, math.MinInt32} {
		net.Send(0, node, 1)
		net.Send(node, 0, 1)
		net.SetTimer(node, 1, 1)
		net.Kill(node)
		net.Restart(node, machine{})
	}
	require.False(t, net.Step())
}

func TestTimersExpireOnceAndInTime(t *testing.T) {
	net, got := recorded(memnet.EventOptions[int]{Loss: 1}, 1)
	net.Cut(0, 0)
	net.SetTimer(0, 2*ms, 2)
	net.SetTimer(0, ms, 1)
	net.SetTimer(0, -ms, 0)
	net.SetTimer(0, math.MaxInt64, 3)
	net.Run(time.Hour)
	require.Equal(t, []arrival{{1, 0, 0}, {ms, 0, 1}, {2 * ms, 0, 2}}, got[0])
}

// chatter has nodes pass on messages at random, each by its own seed, with all faults and some crashes, and returns the digest.
func chatter(seed uint64, nodes int, until time.Duration) (digest uint64, handled int) {
	net := memnet.NewEventNet(memnet.EventOptions[int]{
		Seed: seed, Latency: 20 * ms, Jitter: 30 * ms, Loss: 0.02, Duplicate: 0.03, Bandwidth: 10_000,
		Size: func(m int) int { return m % 100 }, Sum: func(m int) uint64 { return uint64(m) },
	})
	for i := range nodes {
		me, random := memnet.Node(i), rand.NewPCG(7, uint64(i))
		pass := func(m int) { net.Send(me, memnet.Node(random.Uint64()%uint64(nodes)), m+1) }
		net.Add(machine{
			receive: func(_ time.Duration, _ memnet.Node, m int) { pass(m) },
			expire: func(_ time.Duration, timer uint64) {
				net.SetTimer(me, 100*ms, timer+1)
				pass(int(timer))
			},
		})
		net.SetTimer(me, time.Duration(i), 0)
	}
	handled = net.Run(until / 3)
	net.Kill(3)
	net.Partition([]memnet.Node{0, 1, 2, 3, 4})
	handled += net.Run(2 * until / 3)
	net.Heal()
	net.Restart(3, machine{})
	handled += net.Run(until)
	return net.Digest(), handled
}

// The digests are the same on every machine: this test runs on 32 bits and on arm64, too.
func TestDigestIsGolden(t *testing.T) {
	for i, want := range []uint64{0xd9f8764cd115228d, 0xa06406c5ca8be981, 0x77624c8e2f8084db} {
		seed := uint64(i)
		digest, handled := chatter(seed, 50, 5*time.Second)
		require.Greater(t, handled, 10_000)
		require.Equal(t, want, digest, "seed %d: %#x", seed, digest)
		again, _ := chatter(seed, 50, 5*time.Second)
		require.Equal(t, digest, again)
	}
}

func TestDigestIsOfEverythingDelivered(t *testing.T) {
	digest := func(sum bool, at time.Duration, from, to memnet.Node, m int) uint64 {
		o := memnet.EventOptions[int]{Latency: at}
		if sum {
			o.Sum = func(m int) uint64 { return uint64(m) }
		}
		net, _ := recorded(o, 3)
		net.Send(from, to, m)
		net.Run(time.Second)
		return net.Digest()
	}
	seen := make(map[uint64]bool)
	for _, at := range []time.Duration{1, 2} {
		for from := range memnet.Node(3) {
			for to := range memnet.Node(3) {
				for m := range 3 {
					seen[digest(true, at, from, to, m)] = true
				}
			}
		}
	}
	require.Len(t, seen, 2*3*3*3)
	require.Equal(t, digest(false, 1, 0, 1, 5), digest(false, 1, 0, 1, 6), "without Sum the content does not count")

	message, _ := recorded(memnet.EventOptions[int]{}, 1)
	message.Send(0, 0, 0)
	timer, _ := recorded(memnet.EventOptions[int]{}, 1)
	timer.SetTimer(0, 1, 0)
	require.Equal(t, message.Digest(), timer.Digest(), "nothing has happened yet")
	message.Run(1)
	timer.Run(1)
	require.NotEqual(t, message.Digest(), timer.Digest())
}

func TestASteadyEventNetAllocatesNothing(t *testing.T) {
	net, step := circling(1000)
	require.True(t, step(10_000))
	require.Zero(t, testing.AllocsPerRun(10, func() { step(1000) }))
	require.Positive(t, net.Now())
}

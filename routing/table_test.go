package routing

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// contacts returns n contacts with random names, in the order of their names.
func contacts(rng *rand.Rand, n int) []Contact {
	list := make([]Contact, n)
	for i := range list {
		for at := 0; at < xorname.Size; at += 8 {
			binary.BigEndian.PutUint64(list[i].Name[at:], rng.Uint64())
		}
		list[i].Key = Key(list[i].Name.Not())
	}
	slices.SortFunc(list, byName)
	return list
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func TestATableKeepsOneContactOfAKeyInTheOrderOfNames(t *testing.T) {
	var table Table
	require.Zero(t, table.Len())
	require.False(t, table.Remove(vault(1).Key))
	require.Empty(t, table.Closest(xorname.Name{}, 8))

	require.True(t, table.Add(vault(3)))
	require.True(t, table.Add(vault(1)))
	require.True(t, table.Add(vault(2)))
	require.False(t, table.Add(vault(2)), "nothing new")
	require.Equal(t, []Contact{vault(1), vault(2), vault(3)}, table.All())

	moved := Contact{Name: xorname.Name{9}, Key: vault(1).Key}
	require.True(t, table.Add(moved), "another name replaces the old one")
	require.Equal(t, []Contact{vault(2), vault(3), moved}, table.All())
	c, ok := table.Contact(moved.Key)
	require.True(t, ok)
	require.Equal(t, moved, c)

	require.True(t, table.Remove(vault(2).Key))
	require.False(t, table.Remove(vault(2).Key))
	_, ok = table.Contact(vault(2).Key)
	require.False(t, ok)
	require.Equal(t, 2, table.Len())

	table.All()[0] = Contact{}
	require.Equal(t, []Contact{vault(3), moved}, table.All(), "All returns a copy")
}

func TestTwoKeysOfOneNameAreTwoContacts(t *testing.T) {
	var table Table
	twin := Contact{Name: vault(1).Name, Key: Key{1}}
	table.Add(vault(1))
	table.Add(twin)
	require.Equal(t, []Contact{twin, vault(1)}, table.Closest(xorname.Name{0xff}, 8), "in the order of the keys")
	require.Equal(t, []Contact{twin}, table.Closest(xorname.Name{0xff}, 1))
	require.True(t, table.Remove(twin.Key))
	require.Equal(t, []Contact{vault(1)}, table.All())
}

func TestSuspicionLastsUntilHeardOrRemoved(t *testing.T) {
	var table Table
	table.Suspect(vault(1).Key)
	require.False(t, table.Suspected(vault(1).Key), "only contacts are suspected")
	table.Add(vault(1))
	require.False(t, table.Suspected(vault(1).Key))
	table.Suspect(vault(1).Key)
	require.True(t, table.Suspected(vault(1).Key))
	require.Equal(t, 1, table.Len(), "it is still a member")
	table.Heard(vault(1).Key)
	require.False(t, table.Suspected(vault(1).Key))
	table.Suspect(vault(1).Key)
	table.Remove(vault(1).Key)
	table.Add(vault(1))
	require.False(t, table.Suspected(vault(1).Key))
}

func TestClosestAgreesWithSortingByDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.Custom(func(t *rapid.T) (n xorname.Name) { // close to each other, and equal at times
			n[0] = rapid.SampledFrom([]byte{0, 1, 0x80}).Draw(t, "first")
			n[rapid.SampledFrom([]int{1, 15, 31}).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
			return n
		})
		var table Table
		for i, n := range rapid.SliceOfN(name, 0, 40).Draw(t, "names") {
			table.Add(Contact{Name: n, Key: Key{byte(i)}})
		}
		target, n := name.Draw(t, "target"), rapid.IntRange(-1, 45).Draw(t, "n")
		want := table.All()
		slices.SortStableFunc(want, func(a, b Contact) int { return xorname.CompareDistance(target, a.Name, b.Name) })
		want = want[:max(0, min(n, len(want)))]
		got := table.Closest(target, n)
		require.Len(t, got, len(want))
		for i := range want {
			require.Equal(t, want[i], got[i], i)
		}
	})
}

func TestFindingTheNextHopDoesNotAllocate(t *testing.T) {
	r := New(vault(0x80), Config{NewID: counter(1)})
	for _, c := range contacts(newRand(1), 250) {
		r.Add(c)
	}
	p := &path{req: request(1, OpGet, 0x11)}
	r.plan(p)
	require.Zero(t, testing.AllocsPerRun(100, func() { r.plan(p) }))
}

func BenchmarkNextHop(b *testing.B) {
	r := New(vault(0x80), Config{NewID: counter(1)})
	for _, c := range contacts(newRand(1), 250) {
		r.Add(c)
	}
	targets := contacts(newRand(2), 256)
	p := &path{req: request(1, OpGet, 0)}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		p.req.Target = targets[i%len(targets)].Name
		r.plan(p)
	}
}

func BenchmarkClosest(b *testing.B) {
	targets := contacts(newRand(2), 256)
	for _, size := range []int{250, 4096} {
		list := contacts(newRand(1), size)
		for _, n := range []int{1, 8, 20} {
			b.Run(fmt.Sprintf("%dof%d", n, size), func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					Closest(list, targets[i%len(targets)].Name, n)
				}
			})
		}
	}
}

// BenchmarkHop is what a vault further on does for one request and its answer.
func BenchmarkHop(b *testing.B) {
	r := New(vault(0x80), Config{NewID: counter(1)})
	for _, c := range contacts(newRand(1), 250) {
		r.Add(c)
	}
	targets := contacts(newRand(2), 256)
	for _, entry := range []bool{false, true} {
		b.Run(map[bool]string{false: "relay", true: "entry"}[entry], func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				req := Request{ID: ID{1}, Op: OpGet, Target: targets[i%len(targets)].Name, TTL: 1e9}
				a := r.Request(start, client, entry, req, nil)[0]
				if len(r.Response(start, a.To, Response{ID: a.Forward.ID, Final: true}, nil)) != 1 {
					b.Fatal("not answered")
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "hops/s")
		})
	}
}

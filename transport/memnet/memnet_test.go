package memnet_test

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	transporttest.Run(t, func() transporttest.Net { return memnet.New(1) }, nil)
}

// The same in virtual time, on a network without faults, on a slow one, and on a bad one: QUIC hides all of that.
func TestConformanceInVirtualTime(t *testing.T) {
	for name, o := range map[string]memnet.Options{
		"Perfect": {},
		"Slow":    {Latency: time.Millisecond, Bandwidth: 100 << 20},
		"Bad":     {Seed: 1, Latency: time.Millisecond, Jitter: 4 * time.Millisecond, PacketLoss: 0.02},
	} {
		t.Run(name, func(t *testing.T) {
			newNet := func() transporttest.Net { return memnet.NewNet(o) }
			transporttest.Run(t, newNet, func(t *testing.T, body func(t *testing.T)) { synctest.Test(t, body) })
		})
	}
}

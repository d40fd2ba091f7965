package memnet_test

import (
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/memnet"
	"github.com/safenet-go/safenet/transport/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	transporttest.Run(t, func() transporttest.Net { return memnet.New(1) }, nil)
}

// The same in virtual time, with a latency.
func TestConformanceInVirtualTime(t *testing.T) {
	newNet := func() transporttest.Net {
		n := memnet.New(1)
		n.SetLatency(func(_, _ transport.PeerID) time.Duration { return time.Millisecond })
		return n
	}
	transporttest.Run(t, newNet, func(t *testing.T, body func(t *testing.T)) { synctest.Test(t, body) })
}

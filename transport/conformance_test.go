package transport_test

import (
	"testing"

	"github.com/safenet-go/safenet/transport"
	"github.com/safenet-go/safenet/transport/transporttest"
)

// loopback is real QUIC on 127.0.0.1.
type loopback struct{}

func (loopback) Endpoint(cfg transport.Config) (transport.Endpoint, error) {
	return transport.Listen(cfg)
}

func TestConformance(t *testing.T) {
	transporttest.Run(t, func() transporttest.Net { return loopback{} }, nil)
}

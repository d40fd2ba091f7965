package memnet

import (
	"time"

	"github.com/safenet-go/safenet/transport"
)

// Options says what a [Net] does to messages, requests and answers. The zero value is a perfect network. What is out of range
// counts as the nearest that is not.
type Options struct {
	// Seed is that of all that is random. What becomes of the n-th message from one peer to another depends on the seed, the two
	// and n only, whatever other peers do meanwhile.
	Seed uint64

	Latency   time.Duration                                 // how long a message travels; a handshake takes two round trips
	Between   func(from, to transport.PeerID) time.Duration // instead of Latency; must not call the network
	Jitter    time.Duration                                 // a message travels up to so much longer, evenly spread: they overtake each other
	Bandwidth int                                           // bytes a second of heads and bodies that pass from one peer to another, one message after the other; 0: no limit

	// PacketLoss is the share of transmissions that are lost. QUIC repeats them, and so does the network: after one round trip
	// and 26 ms, then after twice as long, and so on (the probe timeout of RFC 9002, section 6.2). Who can not get a message
	// through for the idle timeout loses the connection.
	PacketLoss float64

	// Loss is the share of whole messages, requests and answers that are lost for good, though the connection lives. Nobody is
	// told: a request then ends with its deadline. QUIC has this only where a receiver drops messages that it has no room for
	// (transport.Config.BytesTotal); it is for code that must live with a peer that does not answer.
	Loss float64
}

// probeMargin is what RFC 9002 adds to a steady round trip before a packet is sent again: kGranularity, 1 ms, and the default of
// max_ack_delay, 25 ms.
const probeMargin = 26 * time.Millisecond

func (o *Options) latency(d *direction) time.Duration {
	if o.Between != nil {
		return max(o.Between(d.from, d.to), 0)
	}
	return max(o.Latency, 0)
}

// probe is how long after a transmission, which others have preceded, it is repeated.
func (o *Options) probe(d *direction, preceding int) time.Duration {
	first := after(after(o.latency(d), o.latency(d.back())), probeMargin)
	if preceding >= 63 || first > never>>preceding {
		return never
	}
	return first << preceding
}

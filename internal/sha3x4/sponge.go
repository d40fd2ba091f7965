package sha3x4

import (
	"encoding/binary"

	"github.com/cloudflare/circl/simd/keccakf1600"
)

const (
	lanes     = 4
	rate      = 136 // bytes that one permutation of SHA3-256 absorbs
	rateWords = rate / 8
	sumWords  = 32 / 8
)

// A lane is one sponge of four. It is idle while sum is nil.
type lane struct {
	rest   []byte // of the input, not yet absorbed
	sum    *[32]byte
	padded bool       // the last block was next
	block  [rate]byte // room for the last block
}

// next is the block to absorb now: any, for an idle lane. The last one is what
// is left of the input, the two bits that tell SHA3 from other uses of Keccak,
// and the padding (FIPS 202, sections 6.1 and 5.1).
func (l *lane) next() *[rate]byte {
	switch {
	case len(l.rest) >= rate:
		block := (*[rate]byte)(l.rest)
		l.rest = l.rest[rate:]
		return block
	case l.sum != nil:
		n := copy(l.block[:], l.rest)
		clear(l.block[n:])
		l.block[n] = 0x06
		l.block[rate-1] |= 0x80
		l.rest, l.padded = nil, true
	}
	return &l.block
}

// sponges are four, whose states are permuted together.
type sponges struct {
	permutation keccakf1600.StateX4
	state       *[25 * lanes]uint64 // word w of lane i is state[w*lanes+i]
	lane        [lanes]lane
}

// begin gives an input to an idle lane.
func (s *sponges) begin(i int, sum *[32]byte, input []byte) {
	for w := i; w < len(s.state); w += lanes {
		s.state[w] = 0
	}
	s.lane[i].rest, s.lane[i].sum = input, sum
}

// step has each lane absorb its next block and reports whether one of them
// wrote its sum and became idle.
func (s *sponges) step() (idle bool) {
	s.absorb(s.lane[0].next(), s.lane[1].next(), s.lane[2].next(), s.lane[3].next())
	s.permute()
	for i := range s.lane {
		if s.lane[i].padded {
			s.squeeze(i)
			idle = true
		}
	}
	return idle
}

// permute also does what circl's assembly leaves undone, see zeroUpper.
func (s *sponges) permute() {
	s.permutation.Permute()
	if Lanes() == lanes {
		zeroUpper()
	}
}

// absorb takes the four blocks in one loop because it is faster than one by one.
func (s *sponges) absorb(b0, b1, b2, b3 *[rate]byte) {
	for w := range rateWords {
		words := s.state[w*lanes : w*lanes+lanes]
		words[0] ^= binary.LittleEndian.Uint64(b0[w*8:])
		words[1] ^= binary.LittleEndian.Uint64(b1[w*8:])
		words[2] ^= binary.LittleEndian.Uint64(b2[w*8:])
		words[3] ^= binary.LittleEndian.Uint64(b3[w*8:])
	}
}

func (s *sponges) squeeze(i int) {
	l := &s.lane[i]
	for w := range sumWords {
		binary.LittleEndian.PutUint64(l.sum[w*8:], s.state[w*lanes+i])
	}
	l.sum, l.padded = nil, false
}

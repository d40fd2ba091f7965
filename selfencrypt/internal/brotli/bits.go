package brotli

import "encoding/binary"

// bitWriter appends bits, the lowest of a byte first.
type bitWriter struct {
	buf   []byte
	held  uint64 // bits not yet in buf
	nHeld uint   // how many, less than 64
}

// write appends the low n bits of v, at most 56; the other bits of v must be 0.
func (w *bitWriter) write(n uint, v uint64) {
	w.held |= v << w.nHeld
	w.nHeld += n
	if w.nHeld >= 64 {
		w.spill(n, v)
	}
}

func (w *bitWriter) spill(n uint, v uint64) {
	w.buf = binary.LittleEndian.AppendUint64(w.buf, w.held)
	w.nHeld -= 64
	w.held = v >> (n - w.nHeld)
}

// bytes returns how many whole bytes have been written.
func (w *bitWriter) bytes() int { return len(w.buf) + int(w.nHeld>>3) }

// align appends zero bits up to the next byte and empties held.
func (w *bitWriter) align() {
	for n := int(w.nHeld+7) >> 3; n > 0; n-- {
		w.buf = append(w.buf, byte(w.held))
		w.held >>= 8
	}
	w.nHeld = 0
}

// writeCode appends the code word p.
func (w *bitWriter) writeCode(p prefix) { w.write(p.length(), p.bits()) }

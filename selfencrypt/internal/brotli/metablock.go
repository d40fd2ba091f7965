package brotli

import "math/bits"

// writeMetaBlock writes a meta-block with what has been parsed, up to end; raw if
// it would not get shorter or does not look so.
func (e *Encoder) writeMetaBlock(end int, final bool) {
	if end == e.flushed {
		e.bits.write(2, 3) // last and empty
		e.bits.align()
		return
	}
	if !e.compressible(end) {
		e.writeRaw(end, final)
		return
	}
	before := e.bits
	e.buildMetaBlock(end, final)
	if e.bits.bytes()-before.bytes() > end-e.flushed+4 {
		before.buf = e.bits.buf[:len(before.buf)]
		e.bits = before
		e.writeRaw(end, final)
	}
}

// compressible tells whether a meta-block is worth coding: if nearly all of it is
// literals, a sample of them must take less than 7.92 bits each.
func (e *Encoder) compressible(end int) bool {
	const every = 13
	n := end - e.flushed
	if len(e.commands) >= n>>8+2 || float32(e.literals) <= float32(0.99*float32(n)) {
		return true
	}
	var counts [literalCodes]uint32
	for p := e.flushed; p < end; p += every {
		counts[e.src[p]]++
	}
	return e.lits.logs.cost(counts[:]) <= float32(7.92*float32(n))/every
}

// writeRaw writes a meta-block without compression. The distances that its
// commands would have left behind are forgotten.
func (e *Encoder) writeRaw(end int, final bool) {
	e.last = e.savedLast
	w := &e.bits
	w.write(1, 0)
	w.writeSize(end - e.flushed)
	w.write(1, 1)
	w.align()
	w.buf = append(w.buf, e.src[e.flushed:end]...)
	if final {
		w.write(2, 3)
		w.align()
	}
}

// writeSize writes the length of a meta-block, RFC 7932 section 9.2.
func (w *bitWriter) writeSize(n int) {
	nibbles := uint(max(4, (bits.Len(uint(n-1))+3)/4))
	w.write(2, uint64(nibbles-4))
	w.write(4*nibbles, uint64(n-1))
}

// writeCount writes a number from 0 to 255, RFC 7932 section 9.2.
func (w *bitWriter) writeCount(n int) {
	if n == 0 {
		w.write(1, 0)
		return
	}
	size := uint(bits.Len(uint(n))) - 1
	w.write(1, 1)
	w.write(3, uint64(size))
	w.write(size, uint64(n)-1<<size)
}

// buildMetaBlock writes a meta-block in prefix codes.
func (e *Encoder) buildMetaBlock(end int, final bool) {
	e.split(end)
	w := &e.bits
	if final {
		w.write(2, 1)
	} else {
		w.write(1, 0)
	}
	w.writeSize(end - e.flushed)
	if !final {
		w.write(1, 0) // compressed
	}
	for _, c := range e.categories() {
		c.writer.start(w, &e.codes, c)
	}
	w.write(2+4, 0) // no postfix bits, no direct distance codes
	for range e.lits.numTypes {
		w.write(2, utf8Mode)
	}
	if e.lits.contexts == 1 {
		e.codes.writePlainMap(w, e.lits.numTypes, contextBits)
	} else {
		e.codes.writeLiteralMap(w, e.lits.numTypes)
	}
	e.codes.writePlainMap(w, e.distances.numTypes, distanceBits)
	for _, c := range e.categories() {
		c.writeCodes(w, &e.codes)
	}
	e.writeCommands()
	if final {
		w.align()
	}
}

func (e *Encoder) categories() [3]*category {
	return [3]*category{&e.lits, &e.cmds, &e.distances}
}

// split cuts the symbols up to end into blocks and smooths their histograms.
func (e *Encoder) split(end int) {
	e.lits.start(e.codesOfLiterals(e.flushed, end))
	e.cmds.start(1)
	e.distances.start(1)
	p := e.flushed
	for i := range e.commands {
		c := &e.commands[i]
		e.cmds.add(c.code)
		e.addLiterals(p, p+int(c.inserted))
		p += int(c.inserted + c.copied)
		if c.hasDistance() {
			e.distances.add(c.distCode & (1<<10 - 1))
		}
	}
	for _, c := range e.categories() {
		c.finish()
		for i := range c.numTypes * c.contexts {
			smooth(c.counts[i*c.alphabet:][:c.alphabet])
		}
	}
}

// writeCommands writes what the codes were made for.
func (e *Encoder) writeCommands() {
	w := &e.bits
	p := e.flushed
	for i := range e.commands {
		c := &e.commands[i]
		w.writeCode(e.cmds.writer.code(w, &e.cmds, c.code))
		w.write(c.extraBits())
		e.writeLiterals(p, p+int(c.inserted))
		p += int(c.inserted + c.copied)
		if c.hasDistance() {
			w.writeCode(e.distances.writer.code(w, &e.distances, c.distCode&(1<<10-1)))
			w.write(uint(c.distCode>>10), uint64(c.distance))
		}
	}
}

// writeLiterals writes src[start:end].
func (e *Encoder) writeLiterals(start, end int) {
	w, b, src := &e.bits, &e.lits.writer, e.src
	for start < end {
		b.advance(w, &e.lits)
		n := min(end-start, int(b.left))
		codes := b.codes[b.base:]
		if e.lits.contexts == 1 {
			for _, v := range src[start : start+n] {
				w.writeCode(codes[v])
			}
		} else {
			t := literalContext
			last, beforeLast := bytesBefore(src, start)
			for _, v := range src[start : start+n] {
				w.writeCode(codes[t.of(last, beforeLast)<<8|int(v)])
				last, beforeLast = v, last
			}
		}
		start += n
		b.left -= uint32(n)
	}
}

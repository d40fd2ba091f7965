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
	size := len(e.bits.buf) - len(before.buf) + int(e.bits.nHeld>>3)
	if size > end-e.flushed+4 {
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
	var counts [256]uint32
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
	e.lits.start(e.literalCodes(e.flushed, end))
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

// writeCodes writes the prefix codes of the category.
func (c *category) writeCodes(w *bitWriter, b *codeBuilder) {
	n := len(c.counts)
	if cap(c.writer.codes) < n {
		c.writer.codes = make([]prefix, n, 2*n)
	}
	c.writer.codes = c.writer.codes[:n]
	for i := 0; i < n; i += c.alphabet {
		b.build(w, c.counts[i:][:c.alphabet], c.writer.codes[i:][:c.alphabet])
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

// blockWriter writes the symbols of a category with the switches between its
// blocks.
type blockWriter struct {
	typeCode   [maxTypes + 2]prefix
	lengthCode [len(blockLengths)]prefix
	codes      []prefix // of all types

	block int
	left  uint32 // symbols of the block
	base  int    // where codes of its type start
	order typeOrder
}

// start writes how the category is cut, RFC 7932 section 9.2.
func (b *blockWriter) start(w *bitWriter, builder *codeBuilder, c *category) {
	b.block, b.base, b.left = 0, 0, c.lengths[0]
	b.order = typeOrder{last: 1}
	w.writeCount(c.numTypes - 1)
	if c.numTypes == 1 {
		return
	}
	var types [maxTypes + 2]uint32
	var lengths [len(blockLengths)]uint32
	order := typeOrder{last: 1}
	for i, t := range c.types {
		code := order.code(int(t))
		if i > 0 {
			types[code]++
		}
		lengths[blockLengthCode(c.lengths[i])]++
	}
	builder.build(w, types[:c.numTypes+2], b.typeCode[:c.numTypes+2])
	builder.build(w, lengths[:], b.lengthCode[:])
	b.order.code(int(c.types[0]))
	b.writeBlockLength(w, c.lengths[0])
}

func (b *blockWriter) writeBlockLength(w *bitWriter, n uint32) {
	code := blockLengthCode(n)
	w.writeCode(b.lengthCode[code])
	w.write(uint(blockLengths[code].extra), uint64(n-blockLengths[code].base))
}

// advance goes on to the next block if there is nothing left of this one.
func (b *blockWriter) advance(w *bitWriter, c *category) {
	if b.left > 0 {
		return
	}
	b.block++
	t := int(c.types[b.block])
	b.left = c.lengths[b.block]
	b.base = t * c.contexts * c.alphabet
	w.writeCode(b.typeCode[b.order.code(t)])
	b.writeBlockLength(w, b.left)
}

// code returns the code word of the next symbol, of a category with one code a
// type. If a block ends before it, the switch is written.
func (b *blockWriter) code(w *bitWriter, c *category, symbol uint16) prefix {
	b.advance(w, c)
	b.left--
	return b.codes[b.base+int(symbol)]
}

// typeOrder gives block types the codes that depend on the types before.
type typeOrder struct{ last, beforeLast int }

func (o *typeOrder) code(t int) int {
	code := t + 2
	switch t {
	case o.last + 1:
		code = 1
	case o.beforeLast:
		code = 0
	}
	o.last, o.beforeLast = t, o.last
	return code
}

// blockLengths are the block counts that codes start with, and how many extra
// bits they have, RFC 7932 section 6.
var blockLengths = [26]struct {
	base  uint32
	extra uint8
}{
	{1, 2},
	{5, 2},
	{9, 2},
	{13, 2},
	{17, 3},
	{25, 3},
	{33, 3},
	{41, 3},
	{49, 4},
	{65, 4},
	{81, 4},
	{97, 4},
	{113, 5},
	{145, 5},
	{177, 5},
	{209, 5},
	{241, 6},
	{305, 6},
	{369, 7},
	{497, 8},
	{753, 9},
	{1265, 10},
	{2289, 11},
	{4337, 12},
	{8433, 13},
	{16625, 24},
}

func blockLengthCode(n uint32) int {
	code := len(blockLengths) - 1
	for blockLengths[code].base > n {
		code--
	}
	return code
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

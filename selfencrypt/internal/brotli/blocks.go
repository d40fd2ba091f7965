package brotli

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

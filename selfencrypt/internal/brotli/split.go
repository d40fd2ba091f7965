package brotli

const (
	maxTypes    = 256 // of blocks in a category, and of codes
	maxContexts = 2

	// A block joins one before the last if that costs this many bits less than
	// joining the last.
	returnGain = 20
)

// category is one of the three kinds of symbols of a meta-block, RFC 7932
// section 2: it is cut into blocks of such types that each has codes of its own.
//
// Symbols are added to a block until it has a certain number; then it is decided,
// by what its symbols cost alone and together with those of the two types used
// last, whether it becomes a new type, returns to the older of the two, or
// prolongs the block before it. After two prolongations blocks grow.
type category struct {
	alphabet  int
	minBlock  int     // symbols in a block, at least
	threshold float32 // bits that a new type must save
	contexts  int     // codes that a type has

	types    []uint8 // of the blocks
	lengths  []uint32
	numTypes int
	// counts holds a histogram for each code: those of the types first, then those
	// of the block that symbols are added to.
	counts []uint32

	size      int // symbols in the block
	target    int // at which it is ended
	prolonged int // times that the last block was
	recent    [2]int
	costs     [2][maxContexts]float32 // of recent, the newer first

	writer blockWriter
	logs   *logs
}

func (c *category) init(alphabet, minBlock int, threshold float32) {
	c.alphabet, c.minBlock, c.threshold = alphabet, minBlock, threshold
	c.logs = logTable()
}

// start begins a meta-block, with so many codes for each type.
func (c *category) start(contexts int) {
	c.contexts = contexts
	c.types, c.lengths, c.counts = c.types[:0], c.lengths[:0], c.counts[:0]
	c.numTypes, c.size, c.prolonged = 0, 0, 0
	c.target = c.minBlock
	c.recent = [2]int{}
	c.newHistograms()
}

// newHistograms makes room for the histograms of a block behind those of the
// types.
func (c *category) newHistograms() {
	n := c.contexts * c.alphabet
	if len(c.counts)+n <= cap(c.counts) {
		c.counts = c.counts[:len(c.counts)+n]
		clear(c.counts[len(c.counts)-n:])
		return
	}
	c.counts = append(c.counts, make([]uint32, n)...)
}

// histogram returns the counts of context context in type t; type numTypes is
// the block that symbols are added to.
func (c *category) histogram(t, context int) []uint32 {
	at := (t*c.contexts + context) * c.alphabet
	return c.counts[at:][:c.alphabet]
}

// add adds a symbol, of a category with one code a type.
func (c *category) add(symbol uint16) {
	c.counts[c.numTypes*c.alphabet+int(symbol)]++
	c.size++
	if c.size == c.target {
		c.endBlock()
	}
}

// finish ends the last block, even if it is empty, and takes away its histograms.
func (c *category) finish() {
	c.endBlock()
	c.counts = c.counts[:c.numTypes*c.contexts*c.alphabet]
}

// endBlock decides on the block. If it is the last one, fewer symbols than it
// states may be in it.
func (c *category) endBlock() {
	size := uint32(max(c.size, c.minBlock))
	c.size = 0
	if len(c.types) == 0 {
		for i := range c.contexts {
			c.costs[0][i] = c.logs.cost(c.histogram(0, i))
		}
		c.costs[1] = c.costs[0]
		c.newType(size)
		return
	}
	var alone [maxContexts]float32
	var joined [2][maxContexts]float32
	var loss [2]float32 // from joining a recent type
	for i := range c.contexts {
		counts := c.histogram(c.numTypes, i)
		alone[i] = c.logs.cost(counts)
		for j, t := range c.recent {
			joined[j][i] = c.logs.costOfSum(counts, c.histogram(t, i))
			loss[j] += joined[j][i] - alone[i] - c.costs[j][i]
		}
	}
	switch {
	case c.numTypes < maxTypes/c.contexts && loss[0] > c.threshold && loss[1] > c.threshold:
		c.recent = [2]int{c.numTypes, c.recent[0]}
		c.costs = [2][maxContexts]float32{alone, c.costs[0]}
		c.newType(size)
		c.prolonged, c.target = 0, c.minBlock
	case loss[1] < loss[0]-returnGain:
		c.types = append(c.types, c.types[len(c.types)-2])
		c.lengths = append(c.lengths, size)
		c.recent = [2]int{c.recent[1], c.recent[0]}
		c.costs = [2][maxContexts]float32{joined[1], c.costs[0]}
		c.join(c.recent[0])
		c.prolonged, c.target = 0, c.minBlock
	default:
		c.lengths[len(c.lengths)-1] += size
		c.costs[0] = joined[0]
		if c.numTypes == 1 {
			c.costs[1] = c.costs[0]
		}
		c.join(c.recent[0])
		c.prolonged++
		if c.prolonged > 1 {
			c.target += c.minBlock
		}
	}
}

// newType makes the block the first of a new type.
func (c *category) newType(size uint32) {
	c.types = append(c.types, uint8(c.numTypes))
	c.lengths = append(c.lengths, size)
	c.numTypes++
	c.newHistograms()
}

// join adds the block's histograms to those of type t and clears them.
func (c *category) join(t int) {
	n := c.contexts * c.alphabet
	block, sum := c.counts[c.numTypes*n:][:n], c.counts[t*n:][:n]
	for i, v := range block {
		sum[i] += v
	}
	clear(block)
}

package brotli

// maxMapSymbols is the most symbols that a context map is written in.
const maxMapSymbols = maxTypes + 16

// writePlainMap writes the context map in which all contexts of a type, of so
// many bits, have the type's one code: each type is a symbol and a run of zeros,
// since the map is written by moves to the front.
func (b *codeBuilder) writePlainMap(w *bitWriter, types int, contextBits uint) {
	w.writeCount(types - 1)
	if types == 1 {
		return
	}
	run := contextBits - 1 // its code: of 2^contextBits - 1 zeros
	w.write(1, 1)
	w.write(4, uint64(run-1))
	var counts [maxMapSymbols]uint32
	var code [maxMapSymbols]prefix
	n := types + int(run)
	counts[0], counts[run] = 1, uint32(types)
	for s := int(run) + 1; s < n; s++ {
		counts[s] = 1
	}
	b.build(w, counts[:n], code[:n])
	for t := range types {
		symbol := 0
		if t > 0 {
			symbol = t + int(run)
		}
		w.writeCode(code[symbol])
		w.writeCode(code[run])
		w.write(run, 1<<run-1)
	}
	w.write(1, 1) // moves to the front
}

// writeLiteralMap writes the context map of literals whose types have two codes:
// of type t, 2t+1 for contexts 2 and 3 and 2t for the others. By moves to the
// front that is 2t, 0, 2t+1, 0, 1 and 59 times 0, so that the first type begins
// with two zeros.
func (b *codeBuilder) writeLiteralMap(w *bitWriter, types int) {
	const (
		runBits = 5
		run     = 59 // its code is runBits
		pair    = 1  // the code of two zeros
		first   = runBits
	)
	w.writeCount(2*types - 1)
	w.write(1, 1)
	w.write(4, runBits-1)

	symbols := append(b.symbols[:0], pair, first+1, 0, first+1, runBits)
	for t := 1; t < types; t++ {
		v := uint16(first + 2*t)
		symbols = append(symbols, v, 0, v+1, 0, first+1, runBits)
	}
	var counts [maxMapSymbols]uint32
	var code [maxMapSymbols]prefix
	for _, s := range symbols {
		counts[s]++
	}
	n := first + 2*types
	b.build(w, counts[:n], code[:n])
	for _, s := range symbols {
		w.writeCode(code[s])
		switch s {
		case pair:
			w.write(pair, 2-1<<pair)
		case runBits:
			w.write(runBits, run-1<<runBits)
		}
	}
	w.write(1, 1) // moves to the front
}

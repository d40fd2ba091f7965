package sha3x4

import "testing"

// FuzzSum256 cuts data, which it repeats, into pieces of the given lengths, in
// units of 8 bytes.
func FuzzSum256(f *testing.F) {
	f.Add([]byte(nil), []byte(nil), byte(0))
	f.Add([]byte("abc"), []byte{0, 0, 0}, byte(1))
	f.Add(pseudorandom(4*rate), []byte{17, 16, 18, 16}, byte(1))
	f.Add(pseudorandom(1000), []byte{1, 255, 17, 34, 0, 200, 3}, byte(9))
	f.Fuzz(func(t *testing.T, data, lengths []byte, repeat byte) {
		data = data[:min(len(data), 4096)]
		var all []byte
		for range repeat % 16 {
			all = append(all, data...)
		}
		var inputs [][]byte
		for _, n := range lengths[:min(len(lengths), 64)] {
			cut := min(8*int(n), len(all))
			inputs = append(inputs, all[:cut])
			all = all[cut:]
		}
		requireSums(t, append(inputs, all))
	})
}

package frozen

import "math/bits"

// baseMatch is the match length that code 0 stands for.
const baseMatch = 3

const (
	llCodes, llMaxLog = 36, 9 // literal lengths
	mlCodes, mlMaxLog = 53, 9 // match lengths
	ofMaxLog          = 8     // offsets
)

// Extra bits of the codes (RFC 8878, section 3.1.1.3.2.1.1). The offset code is
// the number of its extra bits.
var (
	llExtra = [llCodes]uint8{
		16: 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	}
	mlExtra = [mlCodes]uint8{
		32: 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
	}
	llSmall = [64]uint8(smallCodes(llExtra[:], 64))
	mlSmall = [128]uint8(smallCodes(mlExtra[:], 128))
)

// smallCodes returns the codes of the values below n: code c covers the next
// 2^extra[c] values.
func smallCodes(extra []uint8, n int) []uint8 {
	codes := make([]uint8, 0, n)
	for code := 0; len(codes) < n; code++ {
		for range 1 << extra[code] {
			codes = append(codes, uint8(code))
		}
	}
	return codes
}

func llCode(litLen uint32) uint8 {
	if litLen < uint32(len(llSmall)) {
		return llSmall[litLen]
	}
	return uint8(bits.Len32(litLen) + 18)
}

func mlCode(matchLen uint32) uint8 {
	n := matchLen - baseMatch
	if n < uint32(len(mlSmall)) {
		return mlSmall[n]
	}
	return uint8(bits.Len32(n) + 35)
}

func ofCode(offset uint32) uint8 { return uint8(bits.Len32(offset) - 1) }

// The predefined distributions of RFC 8878, section 3.1.1.3.2.2.
var (
	llFixed = distribution{log: 6, shares: [maxCodes]int16{
		4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1,
		2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
	}}
	mlFixed = distribution{log: 6, shares: [maxCodes]int16{
		1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
	}}
	ofFixed = distribution{log: 5, shares: [maxCodes]int16{
		1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
	}}
)

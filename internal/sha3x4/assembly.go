//go:build amd64 && !purego

package sha3x4

// assembled reports whether circl has the permutation of four states in assembly
// in this build. Where it has not, it permutes one after the other, which is
// slower than crypto/sha3, and still says that they are enabled if there is AVX2.
const assembled = true

// zeroUpper clears the upper halves of the vector registers (VZEROUPPER), which
// circl's assembly leaves in use. Until that is done the CPU treats every older
// vector instruction as one that has to keep them: AES-GCM then takes twice as
// long, measured on an AMD EPYC of family 25. The CPU must have AVX.
func zeroUpper()

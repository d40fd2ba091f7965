//go:build !amd64 || purego

package sha3x4

const assembled = false

func zeroUpper() {}

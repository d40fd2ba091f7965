//go:build !purego

#include "textflag.h"

// func zeroUpper()
// Requires: AVX
TEXT ·zeroUpper(SB), NOSPLIT, $0-0
	VZEROUPPER
	RET

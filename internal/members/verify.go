package members

import (
	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
)

// Verify checks receipts and denials of this network in one batch and returns
// the valid ones. Others are passed over.
func Verify(network [32]byte, signed []wire.Signed) []Statement {
	batch := sign.NewBatch(len(signed))
	candidates := make([]Statement, 0, len(signed))
	for i := range signed {
		s := &signed[i]
		var r wire.Receipt
		if s.Peek(&r) != nil || r.Network != network {
			continue
		}
		batch.Add(s.Signer, sign.Receipt, s.Body, s.Sig)
		candidates = append(candidates, Statement{Receipt: r, Signer: s.Signer})
	}
	if len(candidates) == 0 {
		return nil
	}
	valid := make([]Statement, 0, len(candidates))
	for i, ok := range batch.Verify() {
		if ok {
			valid = append(valid, candidates[i])
		}
	}
	return valid
}

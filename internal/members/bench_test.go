package members

import (
	"testing"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
)

// BenchmarkVerify checks the receipts of one chunk.
func BenchmarkVerify(b *testing.B) {
	var signed []wire.Signed
	for i := range 8 {
		signed = append(signed, wire.NewSigned(key(i), sign.Receipt, &wire.Receipt{Held: true}))
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(Verify([32]byte{}, signed)) != len(signed) {
			b.Fatal("not valid")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(signed)), "us/receipt")
}

func BenchmarkHolders(b *testing.B) {
	l := full(b, 8, 250).Present()
	b.ReportAllocs()
	for b.Loop() {
		l.Holders(name(1000))
	}
}

// BenchmarkAddAll takes a list of which everybody is known, as in each round of
// gossip.
func BenchmarkAddAll(b *testing.B) {
	book := full(b, 8, 250)
	list := book.Wire()
	b.ReportAllocs()
	for b.Loop() {
		book.AddAll(list)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(list)), "us/member")
}

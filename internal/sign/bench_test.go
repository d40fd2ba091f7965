package sign

import (
	"crypto/ed25519"
	"testing"
)

func BenchmarkSign(b *testing.B) {
	_, key, _ := ed25519.GenerateKey(nil)
	body := make([]byte, 150)
	for b.Loop() {
		Sign(key, Receipt, body)
	}
}

func BenchmarkVerify(b *testing.B) {
	pub, key, _ := ed25519.GenerateKey(nil)
	body := make([]byte, 150)
	sig := Sign(key, Receipt, body)
	for b.Loop() {
		Verify(PublicKey(pub), Receipt, body, sig)
	}
}

// BenchmarkBatch verifies the receipts of a majority, 5, at a time.
func BenchmarkBatch(b *testing.B) {
	const n = 5
	body := make([]byte, 150)
	var keys [n]PublicKey
	var sigs [n][Size]byte
	for i := range keys {
		pub, key, _ := ed25519.GenerateKey(nil)
		keys[i], sigs[i] = PublicKey(pub), Sign(key, Receipt, body)
	}
	for b.Loop() {
		batch := NewBatch(n)
		for i := range keys {
			batch.Add(keys[i], Receipt, body, sigs[i])
		}
		batch.Verify()
	}
}

package sign

import (
	"crypto/ed25519"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestASignatureHoldsForItsDomainBodyAndKeyOnly(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	other, _, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)

	sig := Sign(key, Receipt, []byte("held"))
	require.Equal(t, PublicKey(pub), Public(key))
	require.True(t, Verify(PublicKey(pub), Receipt, []byte("held"), sig))
	require.False(t, Verify(PublicKey(pub), Allotment, []byte("held"), sig))
	require.False(t, Verify(PublicKey(pub), Receipt, []byte("absent"), sig))
	require.False(t, Verify(PublicKey(other), Receipt, []byte("held"), sig))
	sig[3] ^= 1
	require.False(t, Verify(PublicKey(pub), Receipt, []byte("held"), sig))
}

func TestABatchNamesTheBadOnes(t *testing.T) {
	pub, key, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	b := NewBatch(3)
	good := Sign(key, Receipt, []byte("a"))
	b.Add(PublicKey(pub), Receipt, []byte("a"), good)
	b.Add(PublicKey(pub), Receipt, []byte("b"), good)
	b.Add(PublicKey(pub), Receipt, []byte("a"), good)
	require.Equal(t, []bool{true, false, true}, b.Verify())
}

// The identity point is a key of small order: under the rule of RFC 8032 as
// most libraries read it the answer differs from library to library, under
// ZIP-215 the signature R = identity, S = 0 is valid, alone and in a batch.
func TestTheRuleIsZIP215AloneAndInABatch(t *testing.T) {
	raw, err := hex.DecodeString("0100000000000000000000000000000000000000000000000000000000000000")
	require.NoError(t, err)
	pub := PublicKey(raw)
	var sig [Size]byte
	copy(sig[:], raw)
	require.True(t, Verify(pub, Receipt, []byte("anything"), sig))
	b := NewBatch(1)
	b.Add(pub, Receipt, []byte("anything"), sig)
	require.Equal(t, []bool{true}, b.Verify())
}

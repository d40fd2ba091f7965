package wire

import (
	"crypto/ed25519"
	"testing"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func key(seed byte) ed25519.PrivateKey {
	s := make([]byte, ed25519.SeedSize)
	s[0] = seed
	return ed25519.NewKeyFromSeed(s)
}

func TestEveryMessageSurvivesTheWire(t *testing.T) {
	s := NewSigned(key(1), sign.Receipt, &Receipt{Name: xorname.FromContent([]byte("x")), Held: true})
	roundTrip(t, Hello{Version: 1, Network: [32]byte{7}})
	roundTrip(t, HelloReply{Version: 1, Genesis: s, Name: xorname.Name{3}})
	roundTrip(t, Join{Network: [32]byte{1}})
	roundTrip(t, JoinReply{Allotment: s, Members: []Member{{Allotment: s, Addr: "127.0.0.1:1", Present: true}}})
	roundTrip(t, Announce{Network: [32]byte{1}, Allotment: s, Addr: "a:1"})
	roundTrip(t, MembersReply{Members: []Member{}})
	roundTrip(t, SessionReply{Session: xorname.Name{1}, Entries: []Member{}})
	roundTrip(t, Presence{Leaving: true, Digest: [32]byte{9}})
	roundTrip(t, Hold{Name: xorname.Name{1}})
	roundTrip(t, Have{Name: xorname.Name{1}})
	roundTrip(t, HoldReply{Status: routing.StatusFull})
	roundTrip(t, HoldReply{Receipt: &s})
	roundTrip(t, Request{ID: routing.ID{1}, Op: routing.OpPut, Target: xorname.Name{2}, Route: 3, TTL: 1 << 31, Nonce: [16]byte{4}})
	roundTrip(t, Response{ID: routing.ID{1}, Status: routing.StatusTooFew, Final: true, Statements: []Signed{s}})
}

func roundTrip[T any](t *testing.T, v T) {
	t.Helper()
	var back T
	require.NoError(t, Unmarshal(Marshal(v), &back))
	require.Equal(t, v, back)
}

func TestOnlyTheCanonicalEncodingIsAccepted(t *testing.T) {
	good := Marshal(Hold{Name: xorname.Name{0xff}})
	require.NoError(t, Unmarshal(good, new(Hold)))
	for name, bad := range map[string][]byte{
		"empty":              {},
		"truncated":          good[:len(good)-1],
		"trailing":           append(append([]byte{}, good...), 0),
		"too few fields":     {0x80},
		"too many fields":    append([]byte{0x82}, append(good[1:], 0)...),
		"short name":         append([]byte{0x81, 0x58, 31}, good[3:len(good)-1]...),
		"long name":          append([]byte{0x81, 0x58, 33}, append(append([]byte{}, good[3:]...), 0)...),
		"over-long length":   append([]byte{0x81, 0x59, 0, 32}, good[3:]...),
		"indefinite array":   append(append([]byte{0x9f}, good[1:]...), 0xff),
		"tagged":             append([]byte{0xc1}, good...),
		"a map":              {0xa0},
		"huge stated length": {0x81, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"huge stated array":  {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		require.ErrorIs(t, Unmarshal(bad, new(Hold)), ErrMalformed, name)
	}
	require.NoError(t, Unmarshal([]byte{0x81, 0x80}, new(MembersReply)))
	require.ErrorIs(t, Unmarshal([]byte{0x81, 0xf6}, new(MembersReply)), ErrMalformed, "null for an empty list")
	overLong := []byte{0x83, 0x18, 0x01, 0xf4, 0x80} // a status of 1 in two bytes
	require.ErrorIs(t, Unmarshal(overLong, new(Response)), ErrMalformed)
}

func TestAStatementIsCheckedOverTheBytesReceived(t *testing.T) {
	s := NewSigned(key(1), sign.Receipt, &Receipt{Held: true})
	var r Receipt
	require.NoError(t, s.Open(sign.Receipt, &r))
	require.True(t, r.Held)
	require.ErrorIs(t, s.Open(sign.Allotment, &r), ErrSignature)

	forged := s
	forged.Body = Marshal(&Receipt{Held: false})
	require.ErrorIs(t, forged.Open(sign.Receipt, &r), ErrSignature)

	huge := s
	huge.Body = make([]byte, MaxStatement+1)
	require.ErrorIs(t, huge.Open(sign.Receipt, &r), ErrMalformed)
}

func FuzzUnmarshal(f *testing.F) {
	s := NewSigned(key(1), sign.Receipt, &Receipt{Held: true})
	f.Add(Marshal(Request{ID: routing.ID{1}, Op: routing.OpGet}))
	f.Add(Marshal(Response{Statements: []Signed{s}}))
	f.Add(Marshal(JoinReply{Allotment: s, Members: []Member{{Allotment: s}}}))
	f.Add(Marshal(HoldReply{Receipt: &s}))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range []any{
			new(Hello), new(HelloReply), new(Join), new(JoinReply), new(Announce), new(MembersReply),
			new(SessionReply), new(Presence), new(Hold), new(Have), new(HoldReply), new(Request), new(Response),
			new(Genesis), new(Allotment), new(Receipt),
		} {
			if Unmarshal(data, v) == nil {
				require.Equal(t, data, Marshal(v), "one value, one encoding")
			}
		}
	})
}

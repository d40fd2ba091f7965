package members

import (
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func TestABookBeginsWithTheFounderNotPresent(t *testing.T) {
	g := genesis(8)
	b, err := NewBook(g)
	require.NoError(t, err)
	require.Equal(t, g, b.Genesis())
	require.Equal(t, wire.NetworkID(g), b.Network())
	require.Equal(t, 8, b.Copies())
	require.Equal(t, 1, b.Len())
	require.Equal(t, &Entry{Contact: contact(0), Allotment: g}, b.Get(public(0)))
	require.Zero(t, b.Present().Len())

	e, err := b.Add(g)
	require.NoError(t, err, "the founder's allotment is the genesis")
	require.Same(t, b.Get(public(0)), e)
}

func TestABadGenesisIsRefused(t *testing.T) {
	good := wire.Genesis{Version: wire.Version, Copies: 8, Name: name(0)}
	signed := func(change func(*wire.Genesis)) wire.Signed {
		g := good
		change(&g)
		return wire.NewSigned(key(0), sign.Genesis, &g)
	}
	forged := genesis(8)
	forged.Sig[0] ^= 1
	other := genesis(8)
	other.Signer = public(1)
	changed := genesis(8)
	changed.Body = wire.Marshal(&wire.Genesis{Version: wire.Version, Copies: 9, Name: name(0)})
	for name, c := range map[string]struct {
		genesis wire.Signed
		err     error
	}{
		"no bytes":               {wire.Signed{}, wire.ErrMalformed},
		"other bytes":            {wire.Signed{Body: []byte{0x80}}, wire.ErrMalformed},
		"huge":                   {wire.Signed{Body: make([]byte, wire.MaxStatement+1)}, wire.ErrMalformed},
		"another version":        {signed(func(g *wire.Genesis) { g.Version++ }), wire.ErrMalformed},
		"no copies":              {signed(func(g *wire.Genesis) { g.Copies = 0 }), wire.ErrMalformed},
		"forged":                 {forged, wire.ErrSignature},
		"another founder":        {other, wire.ErrSignature},
		"changed":                {changed, wire.ErrSignature},
		"signed as an allotment": {wire.NewSigned(key(0), sign.Allotment, &good), wire.ErrSignature},
	} {
		_, err := NewBook(c.genesis)
		require.ErrorIs(t, err, c.err, name)
	}
}

func TestAnAllotmentCountsWhenAMemberSignedIt(t *testing.T) {
	b := newBook(t, 8)
	s := b.allot(0, 1)
	e, err := b.Add(s)
	require.NoError(t, err)
	require.Equal(t, &Entry{Contact: contact(1), Allotment: s}, e)
	again, err := b.Add(s)
	require.NoError(t, err)
	require.Same(t, e, again)
	require.Equal(t, 2, b.Len())

	_, err = b.Add(b.allot(1, 2))
	require.NoError(t, err, "who was allotted a name allots names")
}

func TestABadAllotmentIsRefused(t *testing.T) {
	b := newBook(t, 8)
	_, err := b.Add(b.allot(0, 1))
	require.NoError(t, err)
	sign1 := func(a wire.Allotment) wire.Signed { return wire.NewSigned(key(0), sign.Allotment, &a) }
	forged := b.allot(0, 2)
	forged.Sig[9] ^= 1
	another := b.allot(0, 2)
	another.Signer = public(1)
	for why, c := range map[string]struct {
		allotment wire.Signed
		err       error
	}{
		"no bytes":            {wire.Signed{}, wire.ErrMalformed},
		"a genesis":           {wire.NewSigned(key(3), sign.Genesis, &wire.Genesis{Version: 1, Copies: 8}), wire.ErrMalformed},
		"another network":     {sign1(wire.Allotment{Network: [32]byte{1}, Key: public(2), Name: name(2)}), ErrNetwork},
		"no network":          {sign1(wire.Allotment{Key: public(2), Name: name(2)}), ErrNetwork},
		"a second name":       {sign1(wire.Allotment{Network: b.network, Key: public(1), Name: name(2)}), ErrConflict},
		"a name taken":        {sign1(wire.Allotment{Network: b.network, Key: public(2), Name: name(1)}), ErrConflict},
		"the founder's name":  {sign1(wire.Allotment{Network: b.network, Key: public(2), Name: name(0)}), ErrConflict},
		"the founder renamed": {sign1(wire.Allotment{Network: b.network, Key: public(0), Name: name(2)}), ErrConflict},
		"by nobody known":     {b.allot(5, 2), ErrAllotter},
		"by itself":           {b.allot(2, 2), ErrAllotter},
		"forged":              {forged, wire.ErrSignature},
		"signed by another":   {another, wire.ErrSignature},
		"as a receipt":        {wire.NewSigned(key(0), sign.Receipt, &wire.Allotment{Network: b.network, Key: public(2), Name: name(2)}), wire.ErrSignature},
	} {
		_, err := b.Add(c.allotment)
		require.ErrorIs(t, err, c.err, why)
		require.Equal(t, 2, b.Len(), why)
	}
	_, err = b.Add(b.allot(0, 2))
	require.NoError(t, err, "what was refused stands in nobody's way")
}

// A newcomer that did not hear its contact's answer gets another name from the
// next: the one that it uses is the one that counts.
func TestAnAllotmentInUseReplacesOneNeverUsed(t *testing.T) {
	b := newBook(t, 8)
	for n := 1; n <= 3; n++ {
		_, err := b.Add(b.allot(0, n))
		require.NoError(t, err)
	}
	renamed := func(by int) wire.Signed {
		return wire.NewSigned(key(by), sign.Allotment, &wire.Allotment{Network: b.network, Key: public(2), Name: name(9)})
	}
	_, err := b.Add(renamed(1))
	require.ErrorIs(t, err, ErrConflict, "that it is in use must be known")
	_, err = b.AddUsed(renamed(2))
	require.ErrorIs(t, err, ErrAllotter, "nobody renames himself")
	_, err = b.Add(b.allot(2, 5))
	require.NoError(t, err)
	_, err = b.AddUsed(renamed(5))
	require.ErrorIs(t, err, ErrAllotter, "nor has a friend do it who has his own name from him")

	e, err := b.AddUsed(renamed(1))
	require.NoError(t, err)
	require.Same(t, b.Get(public(2)), e)
	require.Equal(t, name(9), e.Name)
	e.Addr = "2:2"
	_, err = b.AddUsed(b.allot(0, 2))
	require.ErrorIs(t, err, ErrConflict, "one in use stays")
	_, err = b.Add(wire.NewSigned(key(0), sign.Allotment, &wire.Allotment{Network: b.network, Key: public(7), Name: name(2)}))
	require.NoError(t, err, "the name never used is free again")

	told := b.AddAll([]wire.Member{{Allotment: wire.NewSigned(key(0), sign.Allotment,
		&wire.Allotment{Network: b.network, Key: public(3), Name: name(8)}), Addr: "3:3"}})
	require.Len(t, told, 1)
	require.Equal(t, name(8), told[0].Name, "others tell of its address")
}

func TestAKnownMemberIsTheSameWhoeverSaysSo(t *testing.T) {
	b := newBook(t, 8)
	e, err := b.Add(b.allot(0, 1))
	require.NoError(t, err)
	forged := b.allot(0, 1)
	forged.Sig = [sign.Size]byte{}
	got, err := b.Add(forged)
	require.NoError(t, err)
	require.Same(t, e, got)
	require.Equal(t, b.allot(0, 1), got.Allotment, "the valid one is kept and told to others")
}

// chain returns n members, each allotted its name by the one before.
func (b *Book) chain(n int) []wire.Member {
	list := []wire.Member{{Allotment: b.genesis, Addr: "0:0"}}
	for i := 1; i < n; i++ {
		list = append(list, wire.Member{Allotment: b.allot(i-1, i), Addr: fmt.Sprint("host:", i), Present: i%2 == 1})
	}
	return list
}

func TestAllotmentsMayComeInAnyOrder(t *testing.T) {
	const n = 30
	list := newBook(t, 8).chain(n)
	for seed := range uint64(20) {
		b := newBook(t, 8)
		shuffled := slices.Clone(list)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		told := b.AddAll(shuffled)
		require.Len(t, told, n)
		require.Equal(t, n, b.Len())
		for _, m := range told {
			require.Same(t, b.Get(m.Key), m.Entry)
			require.Empty(t, m.Entry.Addr, "what another says is not believed yet")
			require.False(t, m.Entry.Present)
			at := slices.IndexFunc(list, func(l wire.Member) bool { return l.Addr == m.Addr })
			require.Equal(t, contact(at), m.Contact)
			require.Equal(t, list[at].Present, m.Present)
		}
	}
}

func TestWhatIsNotValidIsPassedOver(t *testing.T) {
	b := newBook(t, 8)
	list := b.chain(4)
	list[2].Allotment.Sig[0] ^= 1 // so nobody has allotted 3 its name
	list = append(list, wire.Member{}, wire.Member{Allotment: b.allot(1, 1)})
	slices.Reverse(list)
	told := b.AddAll(list)
	require.Equal(t, 2, b.Len())
	require.Len(t, told, 3, "0, 1 and 1 once more")
	require.Empty(t, b.AddAll(nil))
}

func TestAChainBackwardsIsAddedInOnePass(t *testing.T) {
	const n = 300
	b := newBook(t, 8)
	list := b.chain(n)
	slices.Reverse(list)
	told := b.AddAll(list)
	require.Len(t, told, n)
	for i, m := range told { // as soon as 1, whose allotter is known, was seen, all others follow
		require.Equal(t, contact((i+1)%n), m.Contact)
	}
}

func TestABookIsBounded(t *testing.T) {
	b := newBook(t, 8)
	for i := 1; i < Max; i++ { // of no consequence here who allotted the names
		e := b.put(routing.Contact{Name: name(i), Key: routing.Key{byte(i), byte(i >> 8), 1}}, wire.Signed{})
		e.Addr = "a:1"
	}
	require.Equal(t, Max, b.Len())
	_, err := b.Add(b.allot(0, Max))
	require.ErrorIs(t, err, ErrFull)
	_, err = b.Add(b.genesis)
	require.NoError(t, err, "who is known stays known")

	// Who asked for a name and never came makes room for who comes.
	never := routing.Key{7, 0, 1}
	b.Get(never).Addr = ""
	forged := b.allot(0, Max)
	forged.Sig[0] ^= 1
	_, err = b.Add(forged)
	require.ErrorIs(t, err, wire.ErrSignature)
	require.NotNil(t, b.Get(never), "but not for a forger")
	b.Get(routing.Key{8, 0, 1}).Allotment.Signer = never
	_, err = b.Add(b.allot(0, Max))
	require.ErrorIs(t, err, ErrFull, "who allotted a name in use stays")
	b.Get(routing.Key{8, 0, 1}).Allotment.Signer = public(0)
	_, err = b.Add(b.allot(0, Max))
	require.NoError(t, err)
	require.Nil(t, b.Get(never))
	require.Equal(t, Max, b.Len())

	small := newBook(t, 8)
	list := make([]wire.Member, Max, Max+1)
	list = append(list, wire.Member{Allotment: small.allot(0, 1)})
	require.Empty(t, small.AddAll(list), "no more than Max are looked at")
}

func TestMembersAreToldInTheOrderOfTheirNames(t *testing.T) {
	b := full(t, 8, 10)
	b.Get(public(3)).Addr, b.Get(public(4)).Present = "host:3", false
	var last xorname.Name
	list := b.Wire()
	require.Len(t, list, 10)
	for i, e := range b.All() {
		require.True(t, i == 0 || last.Less(e.Name))
		last = e.Name
		require.Equal(t, wire.Member{Allotment: e.Allotment, Addr: e.Addr, Present: e.Present}, list[i])
	}
	other := newBook(t, 8)
	require.Len(t, other.AddAll(list), 10)
	require.Equal(t, 9, b.Present().Len())
}

func TestClosestTakesOnlyThoseThatAreKept(t *testing.T) {
	b := full(t, 8, 20)
	kept := func(e *Entry) bool { return e.Key[0]%2 == 0 }
	var want []*Entry
	for _, e := range b.All() {
		if kept(e) {
			want = append(want, e)
		}
	}
	target := name(99)
	slices.SortFunc(want, func(x, y *Entry) int { return xorname.CompareDistance(target, x.Name, y.Name) })
	require.Equal(t, want[:3], b.Closest(target, 3, kept))
	require.Equal(t, want, b.Closest(target, 100, kept))
	require.Empty(t, b.Closest(target, 0, kept))
}

func FuzzAdd(f *testing.F) {
	b := newBook(f, 8)
	f.Add(b.genesis.Body)
	f.Add(b.allot(0, 1).Body)
	f.Add(b.allot(7, 1).Body)
	f.Fuzz(func(t *testing.T, body []byte) {
		b := newBook(t, 8)
		unsigned := wire.Signed{Body: body, Signer: public(0)}
		if e, err := b.Add(unsigned); err == nil {
			require.Same(t, b.Get(public(0)), e, "without a signature only what is known")
		}
		require.Equal(t, 1, b.Len())
		if _, err := NewBook(unsigned); err == nil {
			require.Fail(t, "a genesis without a signature")
		}

		unsigned.Sig = sign.Sign(ed25519.PrivateKey(key(0)), sign.Allotment, body)
		if e, err := b.Add(unsigned); err == nil {
			require.Same(t, b.Get(e.Key), e)
			require.LessOrEqual(t, b.Len(), 2)
		}
	})
}

package members

import (
	"slices"
	"testing"

	"github.com/safenet-go/safenet/internal/sign"
	"github.com/safenet-go/safenet/internal/wire"
	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

func TestTheDigestDependsOnEverythingInTheList(t *testing.T) {
	network := [32]byte{1}
	all := []routing.Contact{contact(1), contact(2), contact(3)}
	digests := map[[32]byte]string{}
	add := func(what string, l List) {
		require.Empty(t, digests[l.Digest()], what)
		digests[l.Digest()] = what
	}
	add("all", newList(network, 8, all))
	add("none", newList(network, 8, nil))
	add("another network", newList([32]byte{2}, 8, all))
	add("one less", newList(network, 8, all[:2]))
	add("another less", newList(network, 8, all[1:]))
	renamed, rekeyed, swapped := slices.Clone(all), slices.Clone(all), slices.Clone(all)
	renamed[1].Name[31] ^= 1
	add("another name", newList(network, 8, renamed))
	rekeyed[1].Key[0] ^= 1
	add("another key", newList(network, 8, rekeyed))
	swapped[0].Key, swapped[1].Key = all[1].Key, all[0].Key
	add("keys swapped", newList(network, 8, swapped))
	require.Equal(t, newList(network, 8, all).Digest(), newList(network, 8, slices.Clone(all)).Digest())
}

func TestTheListIsOfThosePresentWhateverTheOrderTheyCameIn(t *testing.T) {
	a, b := newBook(t, 8), newBook(t, 8)
	list := a.chain(10)
	a.AddAll(list)
	slices.Reverse(list)
	b.AddAll(list)
	for i := range 10 {
		for _, book := range []*Book{a, b} {
			e := book.Get(public(i))
			e.Present, e.Addr = i != 4, "somewhere"
		}
		b.Get(public(i)).Addr = "elsewhere"
	}
	require.Equal(t, 9, a.Present().Len())
	require.Equal(t, a.Present().Digest(), b.Present().Digest())
	require.NotContains(t, a.Present().Holders(name(4)), contact(4))
	before := a.Present()
	a.Get(public(4)).Present = true
	require.NotEqual(t, before.Digest(), a.Present().Digest())
	require.Equal(t, 9, before.Len(), "a list does not change")
}

func TestHoldersAreTheClosestAndAMajorityIsMoreThanHalf(t *testing.T) {
	for n := range 21 {
		l := full(t, 8, max(n, 1)).Present()
		if n == 0 {
			l = newBook(t, 8).Present()
		}
		target := name(77)
		holders := l.Holders(target)
		require.Len(t, holders, min(n, 8))
		var all []routing.Contact
		for i := range n {
			all = append(all, contact(i))
		}
		slices.SortFunc(all, func(x, y routing.Contact) int { return xorname.CompareDistance(target, x.Name, y.Name) })
		for i, h := range holders {
			require.Equal(t, all[i], h)
		}
		require.Equal(t, []int{1, 1, 2, 2, 3, 3, 4, 4, 5}[min(n, 8)], l.Majority(), "of %d", n)
		require.Greater(t, 2*l.Majority(), len(holders))
		require.LessOrEqual(t, l.Majority(), max(len(holders), 1))
	}
}

func TestOnlyHoldersThatNameThisListCountOnceEach(t *testing.T) {
	l := full(t, 3, 10).Present()
	chunk, nonce := name(77), [16]byte{7}
	holders := l.Holders(chunk)
	receipt := func(of routing.Key) Statement {
		return Statement{Receipt: wire.Receipt{Name: chunk, Held: true, Members: l.Digest()}, Signer: of}
	}
	denial := func(of routing.Key) Statement {
		return Statement{Receipt: wire.Receipt{Name: chunk, Members: l.Digest(), Nonce: nonce}, Signer: of}
	}
	count := func(s ...Statement) int { return l.Count(chunk, true, nonce, s) }
	denied := func(s ...Statement) int { return l.Count(chunk, false, nonce, s) }
	a, b := holders[0].Key, holders[1].Key

	require.Zero(t, count())
	require.Equal(t, 2, count(receipt(a), receipt(b)))
	require.Equal(t, 1, count(receipt(a), receipt(a)), "twice the same")
	require.Zero(t, count(receipt(public(999))), "no member")
	for i := range 10 {
		if !slices.Contains(holders, contact(i)) {
			require.Zero(t, count(receipt(public(i))), "a member that is no holder")
		}
	}
	other := receipt(a)
	other.Members[0] ^= 1
	require.Equal(t, 1, count(other, receipt(b)), "another list")
	other = receipt(a)
	other.Name = name(78)
	require.Equal(t, 1, count(other, receipt(b)), "another chunk")
	require.Equal(t, 1, count(denial(a), receipt(b)))
	require.Equal(t, 1, denied(denial(a), receipt(b)))
	stale := denial(b)
	stale.Nonce[0] ^= 1
	require.Equal(t, 1, denied(denial(a), stale), "the denial of another request")
	require.Equal(t, 3, denied(denial(a), denial(b), denial(holders[2].Key), denial(a)))
	require.Zero(t, List{}.Count(chunk, true, nonce, []Statement{receipt(a)}))
}

func TestVerifyKeepsTheValidOnesInTheirOrder(t *testing.T) {
	network := [32]byte{1}
	signed := func(by int, d sign.Domain, r wire.Receipt) wire.Signed { return wire.NewSigned(key(by), d, &r) }
	good := func(by int) wire.Signed {
		return signed(by, sign.Receipt, wire.Receipt{Network: network, Name: name(by), Held: by%2 == 0})
	}
	forged, stolen, garbled := good(3), good(4), good(5)
	forged.Sig[0] ^= 1
	stolen.Signer = public(1)
	garbled.Body = garbled.Body[1:]
	bad := []wire.Signed{
		forged, stolen, garbled,
		{},
		signed(6, sign.Allotment, wire.Receipt{Network: network}),
		signed(7, sign.Receipt, wire.Receipt{Network: [32]byte{2}}),
	}
	require.Empty(t, Verify(network, nil))
	require.Empty(t, Verify(network, bad))
	for at := range bad {
		list := []wire.Signed{good(1), bad[at], good(2), good(2)}
		valid := Verify(network, list)
		require.Len(t, valid, 3)
		for i, by := range []int{1, 2, 2} {
			require.Equal(t, public(by), valid[i].Signer)
			require.Equal(t, name(by), valid[i].Name)
			require.Equal(t, by%2 == 0, valid[i].Held)
		}
	}
}

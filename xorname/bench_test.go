package xorname

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// inputs are names and prefixes for the measurements: 256 of each, so that
// no branch is predictable, and half of the names share bits with the next.
var inputs = func() (in struct {
	names    [256]Name
	prefixes [256]Prefix
}) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range in.names {
		in.names[i] = FromContent([]byte{byte(i)})
		if i%2 == 1 {
			in.names[i] = NewPrefix(random.IntN(Bits), in.names[i-1]).SubstitutedIn(in.names[i])
		}
		in.prefixes[i] = NewPrefix(random.IntN(Bits+1), in.names[i])
	}
	return in
}()

// Sinks keep the compiler from dropping what is measured.
var (
	nameSink   Name
	prefixSink Prefix
	intSink    int
	boolSink   bool
)

// operations run one operation on count inputs.
var operations = []struct {
	name string
	run  func(count int)
}{
	{"Compare", onNames(func(a, b, _ *Name) { intSink += a.Compare(*b) })},
	{"CompareDistance", onNames(func(a, b, c *Name) { intSink += CompareDistance(*c, *a, *b) })},
	{"Xor", onNames(func(a, b, _ *Name) { nameSink = a.Xor(*b) })},
	{"Not", onNames(func(a, _, _ *Name) { nameSink = a.Not() })},
	{"NameCommonPrefix", onNames(func(a, b, _ *Name) { intSink += a.CommonPrefix(*b) })},
	{"Bit", onNames(func(a, b, _ *Name) { boolSink = a.Bit(int(b[0])) })},
	{"WithBit", onNames(func(a, b, _ *Name) { nameSink = a.WithBit(int(b[0]), true) })},
	{"NewPrefix", onNames(func(a, b, _ *Name) { prefixSink = NewPrefix(int(b[0]), *a) })},
	{"Matches", onPrefixes(func(p, _ *Prefix, n *Name) { boolSink = p.Matches(*n) })},
	{"CommonPrefix", onPrefixes(func(p, _ *Prefix, n *Name) { intSink += p.CommonPrefix(*n) })},
	{"Compatible", onPrefixes(func(p, q *Prefix, _ *Name) { boolSink = p.Compatible(*q) })},
	{"ExtensionOf", onPrefixes(func(p, q *Prefix, _ *Name) { boolSink = p.ExtensionOf(*q) })},
	{"Neighbour", onPrefixes(func(p, q *Prefix, _ *Name) { boolSink = p.Neighbour(*q) })},
	{"Pushed", onPrefixes(func(p, _ *Prefix, _ *Name) { prefixSink = p.Pushed(true) })},
	{"Popped", onPrefixes(func(p, _ *Prefix, _ *Name) { prefixSink = p.Popped() })},
	{"Sibling", onPrefixes(func(p, _ *Prefix, _ *Name) { prefixSink = p.Sibling() })},
	{"Flipped", onPrefixes(func(p, _ *Prefix, n *Name) { prefixSink = p.Flipped(int(n[0])) })},
	{"Ancestor", onPrefixes(func(p, _ *Prefix, n *Name) { prefixSink, boolSink = p.Ancestor(int(n[0])) })},
	{"LowerBound", onPrefixes(func(p, _ *Prefix, _ *Name) { nameSink = p.LowerBound() })},
	{"UpperBound", onPrefixes(func(p, _ *Prefix, _ *Name) { nameSink = p.UpperBound() })},
	{"SubstitutedIn", onPrefixes(func(p, _ *Prefix, n *Name) { nameSink = p.SubstitutedIn(*n) })},
	{"PrefixCompare", onPrefixes(func(p, q *Prefix, _ *Name) { intSink += p.Compare(*q) })},
	{"PrefixCompareBreadthFirst", onPrefixes(func(p, q *Prefix, _ *Name) { intSink += p.CompareBreadthFirst(*q) })},
	{"PrefixCompareDistance", onPrefixes(func(p, q *Prefix, n *Name) { intSink += p.CompareDistance(*n, *q) })},
}

func onNames(op func(a, b, c *Name)) func(int) {
	return func(count int) {
		for i := range count {
			op(&inputs.names[i&255], &inputs.names[(i+1)&255], &inputs.names[(i+7)&255])
		}
	}
}

func onPrefixes(op func(p, q *Prefix, n *Name)) func(int) {
	return func(count int) {
		for i := range count {
			op(&inputs.prefixes[i&255], &inputs.prefixes[(i+1)&255], &inputs.names[(i+1)&255])
		}
	}
}

func TestOperationsDoNotAllocate(t *testing.T) {
	for _, op := range operations {
		require.Zero(t, testing.AllocsPerRun(10, func() { op.run(256) }), op.name)
	}
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for p := range inputs.prefixes[5].Ancestors() {
			prefixSink = p
		}
	}), "Ancestors")
}

// BenchmarkOperation measures each operation on names and prefixes. Part of
// each figure, about 2 ns, is the call through a function value.
func BenchmarkOperation(b *testing.B) {
	for _, op := range operations {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			op.run(b.N)
		})
	}
}

// BenchmarkSortByDistance sorts the members of a section, and what a crawler
// or a simulation might hold.
func BenchmarkSortByDistance(b *testing.B) {
	for _, count := range []int{22, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			names, work := manyNames(count), make([]Name, count)
			b.ReportAllocs()
			for i := range b.N {
				copy(work, names)
				SortByDistance(names[i%count], work)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*count), "ns/name")
		})
	}
}

// BenchmarkCoveredBy asks whether many sections cover the whole space.
func BenchmarkCoveredBy(b *testing.B) {
	for _, count := range []int{100, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			sections := sectionsOf(Prefix{}, manyNames(count*15))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				boolSink = Prefix{}.CoveredBy(sections)
			}
			require.True(b, boolSink)
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(sections)), "ns/section")
		})
	}
}

func BenchmarkText(b *testing.B) {
	text := FromContent(nil).String()
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			nameSink, _ = Parse(text)
		}
	})
	b.Run("String", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			intSink += len(inputs.names[i&255].String())
		}
	})
}

// BenchmarkFromContent names a chunk of the greatest size.
func BenchmarkFromContent(b *testing.B) {
	chunk := make([]byte, 1<<20)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for range b.N {
		nameSink = FromContent(chunk)
	}
}

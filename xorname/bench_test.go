package xorname

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The inputs of the measurements: enough of them that no branch is
// predictable; every second name shares bits with the one before.
var (
	names    [256]Name
	prefixes [256]Prefix
)

func init() {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range names {
		names[i] = FromContent([]byte{byte(i)})
		if i%2 == 1 {
			names[i] = NewPrefix(random.IntN(Bits), names[i-1]).SubstitutedIn(names[i])
		}
		prefixes[i] = NewPrefix(random.IntN(Bits+1), names[i])
	}
}

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
	{"Compare", func(count int) {
		for i := range count {
			intSink += names[i&255].Compare(names[(i+1)&255])
		}
	}},
	{"CompareDistance", func(count int) {
		for i := range count {
			intSink += CompareDistance(names[(i+7)&255], names[i&255], names[(i+1)&255])
		}
	}},
	{"Xor", func(count int) {
		for i := range count {
			nameSink = names[i&255].Xor(names[(i+1)&255])
		}
	}},
	{"Not", func(count int) {
		for i := range count {
			nameSink = names[i&255].Not()
		}
	}},
	{"NameCommonPrefix", func(count int) {
		for i := range count {
			intSink += names[i&255].CommonPrefix(names[(i+1)&255])
		}
	}},
	{"Bit", func(count int) {
		for i := range count {
			boolSink = names[i&255].Bit(int(names[(i+1)&255][0]))
		}
	}},
	{"WithBit", func(count int) {
		for i := range count {
			nameSink = names[i&255].WithBit(int(names[(i+1)&255][0]), true)
		}
	}},
	{"NewPrefix", func(count int) {
		for i := range count {
			prefixSink = NewPrefix(int(names[(i+1)&255][0]), names[i&255])
		}
	}},
	{"Matches", func(count int) {
		for i := range count {
			boolSink = prefixes[i&255].Matches(names[(i+1)&255])
		}
	}},
	{"CommonPrefix", func(count int) {
		for i := range count {
			intSink += prefixes[i&255].CommonPrefix(names[(i+1)&255])
		}
	}},
	{"Compatible", func(count int) {
		for i := range count {
			boolSink = prefixes[i&255].Compatible(prefixes[(i+1)&255])
		}
	}},
	{"ExtensionOf", func(count int) {
		for i := range count {
			boolSink = prefixes[i&255].ExtensionOf(prefixes[(i+1)&255])
		}
	}},
	{"Neighbour", func(count int) {
		for i := range count {
			boolSink = prefixes[i&255].Neighbour(prefixes[(i+1)&255])
		}
	}},
	{"Pushed", func(count int) {
		for i := range count {
			prefixSink = prefixes[i&255].Pushed(true)
		}
	}},
	{"Popped", func(count int) {
		for i := range count {
			prefixSink = prefixes[i&255].Popped()
		}
	}},
	{"Sibling", func(count int) {
		for i := range count {
			prefixSink = prefixes[i&255].Sibling()
		}
	}},
	{"Flipped", func(count int) {
		for i := range count {
			prefixSink = prefixes[i&255].Flipped(int(names[(i+1)&255][0]))
		}
	}},
	{"Ancestor", func(count int) {
		for i := range count {
			prefixSink, boolSink = prefixes[i&255].Ancestor(int(names[(i+1)&255][0]))
		}
	}},
	{"LowerBound", func(count int) {
		for i := range count {
			nameSink = prefixes[i&255].LowerBound()
		}
	}},
	{"UpperBound", func(count int) {
		for i := range count {
			nameSink = prefixes[i&255].UpperBound()
		}
	}},
	{"SubstitutedIn", func(count int) {
		for i := range count {
			nameSink = prefixes[i&255].SubstitutedIn(names[(i+1)&255])
		}
	}},
	{"PrefixEqual", func(count int) {
		for i := range count {
			boolSink = prefixes[i&255] == prefixes[(i+i&1)&255]
		}
	}},
	{"PrefixCompare", func(count int) {
		for i := range count {
			intSink += prefixes[i&255].Compare(prefixes[(i+1)&255])
		}
	}},
	{"PrefixCompareBreadthFirst", func(count int) {
		for i := range count {
			intSink += prefixes[i&255].CompareBreadthFirst(prefixes[(i+1)&255])
		}
	}},
	{"PrefixCompareDistance", func(count int) {
		for i := range count {
			intSink += prefixes[i&255].CompareDistance(names[(i+1)&255], prefixes[(i+1)&255])
		}
	}},
}

func TestOperationsDoNotAllocate(t *testing.T) {
	for _, op := range operations {
		require.Zero(t, testing.AllocsPerRun(10, func() { op.run(256) }), op.name)
	}
	require.Zero(t, testing.AllocsPerRun(10, func() {
		for p := range prefixes[5].Ancestors() {
			prefixSink = p
		}
	}), "Ancestors")
}

// BenchmarkOperation measures each operation on names and prefixes.
func BenchmarkOperation(b *testing.B) {
	for _, op := range operations {
		b.Run(op.name, func(b *testing.B) {
			b.ReportAllocs()
			op.run(b.N)
		})
	}
}

// BenchmarkBytewise compares distances twice and reports how many times as
// long a comparison takes that goes byte by byte.
func BenchmarkBytewise(b *testing.B) {
	b.ReportAllocs()
	start := time.Now()
	for i := range b.N {
		intSink += CompareDistance(names[(i+7)&255], names[i&255], names[(i+1)&255])
	}
	wordwise := time.Since(start)
	for i := range b.N {
		intSink += compareBytewise(&names[(i+7)&255], &names[i&255], &names[(i+1)&255])
	}
	b.ReportMetric(float64(b.Elapsed()-wordwise)/float64(wordwise), "x-wordwise")
}

func compareBytewise(target, a, b *Name) int {
	for i := range target {
		if c := cmp.Compare(a[i]^target[i], b[i]^target[i]); c != 0 {
			return c
		}
	}
	return 0
}

// BenchmarkPrefixMap looks up sections by their prefix.
func BenchmarkPrefixMap(b *testing.B) {
	sections := map[Prefix]int{}
	for i, p := range prefixes {
		sections[p] = i
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		intSink += sections[prefixes[i&255]]
	}
}

// BenchmarkSortByDistance sorts the members of a section, and what a crawler
// or a simulation might hold.
func BenchmarkSortByDistance(b *testing.B) {
	for _, count := range []int{22, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			unsorted, work := manyNames(count), make([]Name, count)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				copy(work, unsorted)
				SortByDistance(unsorted[i%count], work)
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*count), "ns/name")
		})
	}
}

// BenchmarkCoveredBy asks whether many sections cover the whole space. The
// time for each section grows with the logarithm of their number, no more.
func BenchmarkCoveredBy(b *testing.B) {
	for _, count := range []int{100, 10_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			sections := sectionsOf(Prefix{}, manyNames(count*15))
			b.ReportAllocs()
			for b.Loop() {
				boolSink = Prefix{}.CoveredBy(sections)
			}
			require.True(b, boolSink)
			b.ReportMetric(float64(b.Elapsed())/float64(b.N*len(sections)), "ns/section")
		})
	}
}

func BenchmarkText(b *testing.B) {
	text := FromContent(nil).String()
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			nameSink, _ = Parse(text)
		}
	})
	b.Run("String", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			intSink += len(names[i&255].String())
		}
	})
}

// BenchmarkFromContent names a chunk of the greatest size.
func BenchmarkFromContent(b *testing.B) {
	chunk := make([]byte, 1<<20)
	b.SetBytes(int64(len(chunk)))
	b.ReportAllocs()
	for b.Loop() {
		nameSink = FromContent(chunk)
	}
}

//go:build unix

package transport

import (
	"slices"
	"testing"
	"time"
)

// The benchmarks compare with quic-go used plainly in the same run, in slices that take turns because the machine's speed
// drifts. Each contestant has a server in a process of its own. Where a number could be better or worse than plain quic-go's, it
// is reported by it:
//
//	x-raw         rates: ours by theirs; BenchmarkLatency: our median time by theirs
//	x-raw-p99     our 99th percentile by theirs
//	x-raw-rate    BenchmarkLatency: our rate by theirs
//	cpu, raw-cpu  user and system time of client and server
//	allocs        allocations of client and server; raw-allocs
//
// The row that came out worst is measured once more at the end.

// workload is what a benchmark does b.N times.
type workload struct {
	name     string
	size     int // of the body
	answer   int // of the request; oneWay and reconnect are something else
	inFlight int
	clients  int // 0: one
}

// What a workload can do instead of a request.
const (
	oneWay    = -1
	reconnect = -2
)

// BenchmarkThroughput moves 1 MiB messages: one at a time, and in bulk.
func BenchmarkThroughput(b *testing.B) {
	againstRaw(b, "ours", rateRatio, []workload{
		{name: "Put", size: 1 << 20, answer: 1, inFlight: 1},
		{name: "Put8", size: 1 << 20, answer: 1, inFlight: 8},
		{name: "Get", size: 1, answer: 1 << 20, inFlight: 1},
		{name: "Get8", size: 1, answer: 1 << 20, inFlight: 8},
		{name: "Bulk", size: 1 << 20, answer: oneWay, inFlight: 1},
		{name: "Bulk8", size: 1 << 20, answer: oneWay, inFlight: 8},
	})
}

// BenchmarkThroughputNoGRO is the same without receive offload.
func BenchmarkThroughputNoGRO(b *testing.B) {
	againstRaw(b, "nogro", rateRatio, []workload{
		{name: "Put", size: 1 << 20, answer: 1, inFlight: 1},
		{name: "Get", size: 1, answer: 1 << 20, inFlight: 1},
		{name: "Bulk8", size: 1 << 20, answer: oneWay, inFlight: 8},
	})
}

// BenchmarkLatency asks and answers with 64 bytes.
func BenchmarkLatency(b *testing.B) {
	againstRaw(b, "ours", timeRatio, []workload{
		{name: "Alone", size: 64, answer: 64, inFlight: 1},
		{name: "InFlight64", size: 64, answer: 64, inFlight: 64},
	})
}

// BenchmarkConnect dials, with mutual TLS, the identity compared, and one round trip to know that the other side took it.
func BenchmarkConnect(b *testing.B) {
	againstRaw(b, "ours", rateRatio, []workload{
		{name: "Alone", answer: reconnect, inFlight: 1},
		{name: "Parallel8", answer: reconnect, inFlight: 8, clients: 8},
	})
}

// ratio is what x-raw means; a result is worse the further it is on the wrong side.
type ratio struct {
	of    func(ours, raw cost) float64
	worse func(a, b float64) bool
}

var (
	rateRatio = ratio{
		of:    func(ours, raw cost) float64 { return float64(raw.wall) / float64(ours.wall) },
		worse: func(a, b float64) bool { return a < b },
	}
	timeRatio = ratio{
		of:    func(ours, raw cost) float64 { return float64(ours.at(50)) / float64(raw.at(50)) },
		worse: func(a, b float64) bool { return a > b },
	}
)

func againstRaw(b *testing.B, kind string, x ratio, workloads []workload) {
	var (
		worst workload
		least float64
	)
	for _, w := range workloads {
		var got float64 // of the last run: earlier ones only find out how long it takes
		ran := b.Run(w.name, func(b *testing.B) { got = compare(b, kind, x, w) })
		if ran && got != 0 && (worst.name == "" || x.worse(got, least)) {
			worst, least = w, got
		}
	}
	if worst.name != "" {
		b.Run("worst="+worst.name, func(b *testing.B) { compare(b, kind, x, worst) })
	}
}

// compare runs a workload b.N times on both sides and reports the result, of which it returns x-raw.
func compare(b *testing.B, kind string, x ratio, w workload) float64 {
	raw, ours := startProcess(b, "raw", max(w.clients, 1)), startProcess(b, kind, max(w.clients, 1))
	var rawCost, cost cost
	const turns = 8
	for i := range turns {
		n := b.N*(i+1)/turns - b.N*i/turns
		b.StopTimer()
		rawCost.add(raw.run(b, w, n))
		b.StartTimer()
		cost.add(ours.run(b, w, n))
	}
	b.StopTimer()
	got := x.of(cost, rawCost)
	b.ReportMetric(got, "x-raw")
	cost.report(b, w, rawCost)
	return got
}

// cost is what some operations took.
type cost struct {
	wall, cpu time.Duration
	allocs    uint64
	each      []time.Duration // of a workload that is measured one by one
}

func (c *cost) add(other cost) {
	c.wall += other.wall
	c.cpu += other.cpu
	c.allocs += other.allocs
	c.each = append(c.each, other.each...)
}

// at is a percentile of the time that one operation took.
func (c cost) at(percent int) time.Duration {
	sorted := slices.Sorted(slices.Values(c.each))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

func (c cost) report(b *testing.B, w workload, raw cost) {
	n := float64(b.N)
	unit, per := "us/op", n*float64(time.Microsecond)
	if mib := n * float64(w.size+max(w.answer, 0)) / (1 << 20); mib >= n {
		unit, per = "ms/MiB", mib*float64(time.Millisecond)
		b.ReportMetric(mib/c.wall.Seconds(), "MiB/s")
	} else {
		b.ReportMetric(n/c.wall.Seconds(), "op/s")
	}
	b.ReportMetric(float64(c.cpu)/per, "cpu-"+unit)
	b.ReportMetric(float64(raw.cpu)/per, "raw-cpu-"+unit)
	b.ReportMetric(float64(c.allocs)/n, "allocs")
	b.ReportMetric(float64(raw.allocs)/n, "raw-allocs")
	if w.answer == oneWay {
		return // the time of one is that of handing it over
	}
	b.ReportMetric(float64(c.at(50).Microseconds()), "p50-us")
	b.ReportMetric(float64(c.at(99).Microseconds()), "p99-us")
	b.ReportMetric(float64(c.at(99))/float64(raw.at(99)), "x-raw-p99")
	if w.size == 64 {
		b.ReportMetric(rateRatio.of(c, raw), "x-raw-rate")
	}
}

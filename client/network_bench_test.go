package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	mathrand "math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/safenet-go/safenet/client"
	"github.com/safenet-go/safenet/internal/localnet"
	"github.com/stretchr/testify/require"
)

// BenchmarkNetwork is the main job on 16 vault processes: 100,000,000 random
// bytes with 8 copies of each chunk, then 1,000 files of 10 KB, each way. Its
// metrics are the seconds of each part, the bound measured in the same run and
// the ratio of all copies to it, and the memory of a vault at rest.
func BenchmarkNetwork(b *testing.B) {
	for b.Loop() {
		vaults := startVaults(b, 16)
		time.Sleep(2 * time.Second)
		rest := 0.0
		for _, v := range vaults {
			rest = max(rest, memory(b, v.Pid, "VmRSS"))
		}
		data := make([]byte, 100_000_000)
		rand.Read(data)
		bound := measureBound(b, sealedSizes(data))
		put, all, get := bigFile(b, vaults, data)
		smallPut, smallGet := smallFiles(b, vaults)

		b.ReportMetric(bound, "bound-s")
		b.ReportMetric(put, "put-s")
		b.ReportMetric(all, "copies-s")
		b.ReportMetric(get, "get-s")
		b.ReportMetric(smallPut, "small-put-s")
		b.ReportMetric(smallGet, "small-get-s")
		b.ReportMetric(rest, "rest-MB")
		b.ReportMetric(all/bound, "x-bound")
	}
}

// sealedSizes cuts data as selfencrypt would, so that the bound moves the
// same bytes.
func sealedSizes(data []byte) (chunks [][]byte) {
	const plain = 1<<20 - 4096
	for len(data) > plain {
		chunks = append(chunks, data[:plain])
		data = data[plain:]
	}
	return append(chunks, data)
}

func bigFile(b *testing.B, vaults []*localnet.Vault, data []byte) (put, all, get float64) {
	c := dial(b, vaults[0].Addr)
	start := time.Now()
	res, err := c.PutFile(b.Context(), bytes.NewReader(data), nil)
	require.NoError(b, err)
	put = time.Since(start).Seconds()
	copies, holders, err := res.Settle(b.Context())
	require.NoError(b, err)
	require.Equal(b, holders, copies, "every chunk has all its copies")
	all = time.Since(start).Seconds()

	c = dial(b, vaults[3].Addr)
	start = time.Now()
	w := &checker{want: data}
	_, err = c.GetFile(b.Context(), res.Address, w, nil)
	require.NoError(b, err)
	require.Empty(b, w.want)
	return put, all, time.Since(start).Seconds()
}

// BenchmarkMemory stores a gibibyte from a client process of its own and
// reports the most memory that the client ever had.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		vaults := startVaults(b, 3)
		var seconds float64
		p := startRole(b, storerVar, vaults[0].Addr, &seconds)
		b.ReportMetric(memory(b, p.Pid, "VmHWM"), "client-MB")
		b.ReportMetric(seconds, "put-s")
	}
}

// storer stores a gibibyte and tells how long it took.
func storer(contact string) error {
	c, err := client.Dial(context.Background(), client.Config{Contacts: []string{contact}})
	if err != nil {
		return err
	}
	defer c.Close()
	start := time.Now()
	if _, err := c.PutFile(context.Background(), io.LimitReader(mathrand.NewChaCha8([32]byte{1}), 1<<30), nil); err != nil {
		return err
	}
	return serve(time.Since(start).Seconds())
}

// checker compares what is written with what it wants.
type checker struct{ want []byte }

func (c *checker) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(c.want, p) {
		return 0, io.ErrUnexpectedEOF
	}
	c.want = c.want[len(p):]
	return len(p), nil
}

// smallFiles stores and reads 1,000 files of 10 KB, 32 at a time.
func smallFiles(b *testing.B, vaults []*localnet.Vault) (put, get float64) {
	files := make([][]byte, 1000)
	for i := range files {
		files[i] = make([]byte, 10_000)
		rand.Read(files[i])
	}
	addresses := make([]client.Address, len(files))
	c := dial(b, vaults[0].Addr)
	start := time.Now()
	parallel(32, len(files), func(i int) {
		res, err := c.PutFile(b.Context(), bytes.NewReader(files[i]), nil)
		if err != nil {
			b.Error(err)
			return
		}
		addresses[i] = res.Address
	})
	put = time.Since(start).Seconds()
	c = dial(b, vaults[5].Addr)
	start = time.Now()
	parallel(32, len(files), func(i int) {
		w := &checker{want: files[i]}
		if _, err := c.GetFile(b.Context(), addresses[i], w, nil); err != nil || len(w.want) > 0 {
			b.Error(err)
		}
	})
	return put, time.Since(start).Seconds()
}

// parallel calls f(0) to f(n-1), at most p at a time.
func parallel(p, n int, f func(int)) {
	slots := make(chan struct{}, p)
	var wg sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			f(i)
			<-slots
		})
	}
	wg.Wait()
}

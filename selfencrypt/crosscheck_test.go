package selfencrypt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/safenet-go/safenet/xorname"
	"github.com/stretchr/testify/require"
)

var crosscheck = flag.Bool("crosscheck", false, "compare with the published crates; needs cargo, and crates.io or its cache")

// buildCrosscheck builds the program of ../crosscheck, which runs the crates.
func buildCrosscheck(t testing.TB) (program string) {
	if !*crosscheck {
		t.Skip("needs a Rust toolchain: run with -crosscheck")
	}
	target := os.Getenv("CARGO_TARGET_DIR")
	if target == "" {
		target = filepath.Join(os.TempDir(), "safenet-crosscheck")
	}
	build := exec.Command("cargo", "build", "--release", "--locked", "--target-dir", target)
	build.Dir = filepath.Join("..", "crosscheck")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return filepath.Join(target, "release", "crosscheck")
}

func runCrosscheck(t testing.TB, program string, stdin []byte, args ...string) []byte {
	cmd := exec.Command(program, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "crosscheck %v: %s", args, stderr.Bytes())
	return out
}

// A flatDir is a store of the files of one directory, as crosscheck keeps them.
type flatDir string

func (d flatDir) Put(_ context.Context, name xorname.Name, chunk []byte) error {
	return os.WriteFile(filepath.Join(string(d), name.String()), chunk, 0o600)
}

func (d flatDir) Get(_ context.Context, name xorname.Name) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(string(d), name.String()))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNotFound
	}
	return b, err
}

// What one language encrypts the other decrypts, and both make the same files.
func TestCrosscheckWithTheCrates(t *testing.T) {
	program := buildCrosscheck(t)
	ctx := context.Background()
	binaries := corpora()[1].content
	for _, s := range compatible {
		limit := s.MaxPlain()
		for i, content := range [][]byte{
			[]byte("abc"),
			text(1, 100_000),
			random(1, 3*limit-1),
			binaries[:3*limit+1],
			text(2, 5*limit),
			make([]byte, 4*limit+10),
		} {
			t.Run(fmt.Sprintf("%s/%d", s, i), func(t *testing.T) {
				theirs, ours := t.TempDir(), t.TempDir()
				runCrosscheck(t, program, content, "encrypt", s.String(), theirs)
				b, err := os.ReadFile(filepath.Join(theirs, "datamap.bin"))
				require.NoError(t, err)
				m, err := ImportBincode(s, b)
				require.NoError(t, err)
				got, err := readMap(ctx, m, flatDir(theirs), nil)
				require.NoError(t, err)
				requireSame(t, content, got)

				m, err = Encrypt(ctx, bytes.NewReader(content), flatDir(ours), &Options{Suite: s})
				require.NoError(t, err)
				m, err = Shrink(ctx, m, flatDir(ours), nil)
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(ours, "datamap.bin"), bincodeOf(t, m), 0o600))
				j, err := m.ExportJSON()
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(ours, "datamap.json"), j, 0o600))
				requireSame(t, content, runCrosscheck(t, program, nil, "decrypt", s.String(), ours))
				requireSameFiles(t, theirs, ours)
			})
		}
	}
}

func requireSameFiles(t *testing.T, want, got string) {
	files, err := os.ReadDir(want)
	require.NoError(t, err)
	others, err := os.ReadDir(got)
	require.NoError(t, err)
	require.Equal(t, len(files), len(others))
	for _, f := range files {
		a, err := os.ReadFile(filepath.Join(want, f.Name()))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(got, f.Name()))
		require.NoError(t, err, f.Name())
		require.True(t, bytes.Equal(a, b), "%s differs", f.Name())
	}
}

// BenchmarkAgainstCrates divides our rates by those of the crates on the same
// content, measured right before on all cores: safe/0.36 is SAFE by the crate
// 0.36, and so on.
func BenchmarkAgainstCrates(b *testing.B) {
	program := buildCrosscheck(b)
	for _, c := range corpora() {
		b.Run(c.name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "content")
			require.NoError(b, os.WriteFile(file, c.content, 0o600))
			crate := map[Suite]struct {
				Encrypt float64 `json:"encrypt_mb_s"`
				Decrypt float64 `json:"decrypt_mb_s"`
			}{}
			for _, s := range []Suite{Suite030, Suite036} {
				line := runCrosscheck(b, program, nil, "bench", "-n", "3", s.String(), file)
				r := crate[s]
				require.NoError(b, json.Unmarshal(line, &r))
				crate[s] = r
			}
			ours := map[Suite][2]float64{}
			measure := func() {
				for _, s := range []Suite{SuiteSAFE, Suite030, Suite036} {
					r := ours[s]
					begin := time.Now()
					m, store := encryptWith(b, c.content, &Options{Suite: s})
					r[0] += time.Since(begin).Seconds()
					begin = time.Now()
					readThrough(b, m, store)
					r[1] += time.Since(begin).Seconds()
					ours[s] = r
				}
			}
			measure()
			clear(ours) // the buffers of the first time are no part of the rate
			for b.Loop() {
				measure()
			}
			rate := func(s Suite, k int) float64 { return benchSize / 1e6 * float64(b.N) / ours[s][k] }
			for _, s := range []Suite{Suite030, Suite036} {
				b.ReportMetric(crate[s].Encrypt, s.String()+"-enc-MB/s")
				b.ReportMetric(crate[s].Decrypt, s.String()+"-dec-MB/s")
				b.ReportMetric(rate(SuiteSAFE, 0)/crate[s].Encrypt, "safe-enc/"+s.String())
				b.ReportMetric(rate(SuiteSAFE, 1)/crate[s].Decrypt, "safe-dec/"+s.String())
				b.ReportMetric(rate(s, 0)/crate[s].Encrypt, s.String()+"-enc/crate")
				b.ReportMetric(rate(s, 1)/crate[s].Decrypt, s.String()+"-dec/crate")
			}
		})
	}
}

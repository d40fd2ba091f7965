package lint

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayImport is what each package may import besides the standard library, so
// that whoever embeds one package does not drag in the rest: our packages by
// their path in the module, others by their module. A new package, or a new
// import, is a decision made here. Tests may import anything.
var mayImport = map[string][]string{
	"xorname": {},

	"selfencrypt":                 {"xorname", "selfencrypt/internal/...", "internal/sha3x4", blake3, crypto, sync},
	"selfencrypt/internal/brotli": {brotli},
	"selfencrypt/internal/frozen": {compress},
	"selfencrypt/storetest":       {"xorname", "selfencrypt"},

	"routing": {"xorname"},

	"transport":                 {"transport/internal/...", quic, rate, net, sys},
	"transport/internal/lru":    {},
	"transport/internal/notify": {},
	"transport/internal/window": {},
	"transport/bootstrap":       {"transport"},
	"transport/memnet":          {"transport", "transport/internal/..."},
	"transport/transporttest":   {"transport", testify},

	"vault":       {"xorname", "routing", "transport", "transport/bootstrap", "vault/store", "internal/..."},
	"vault/store": {"xorname", pebble, sys},
	"client":      {"xorname", "selfencrypt", "routing", "transport", "transport/bootstrap", "internal/...", sync},

	"internal/sign":      {voi},
	"internal/wire":      {"xorname", "routing", "internal/sign", cbor},
	"internal/members":   {"xorname", "routing", "internal/sign", "internal/wire"},
	"internal/localnet":  {"client", "vault"},
	"internal/vaulttest": {"transport", "transport/memnet", "vault", testify},
	"internal/sha3x4":    {circl},
	"internal/vectors":   {},
	"internal/lint":      {},

	"examples":            {},
	"examples/quickstart": {"client", "internal/localnet", progressbar, term},
	"examples/vault":      {"vault", "vault/store"},
	"examples/client":     {"client", progressbar, term},
	"examples/minimal":    {"xorname", "selfencrypt", "routing", "transport"},
}

// The modules of others.
const (
	blake3      = "github.com/zeebo/blake3"
	brotli      = "github.com/andybalholm/brotli"
	circl       = "github.com/cloudflare/circl"
	crypto      = "golang.org/x/crypto"
	cbor        = "github.com/fxamacker/cbor/v2"
	compress    = "github.com/klauspost/compress"
	pebble      = "github.com/cockroachdb/pebble/v2"
	progressbar = "github.com/schollz/progressbar/v3"
	quic        = "github.com/quic-go/quic-go"
	testify     = "github.com/stretchr/testify"
	voi         = "github.com/oasisprotocol/curve25519-voi"

	net  = "golang.org/x/net"
	rate = "golang.org/x/time"
	sync = "golang.org/x/sync"
	sys  = "golang.org/x/sys"
	term = "golang.org/x/term"
)

func TestPackagesImportOnlyWhatTheTableAllows(t *testing.T) {
	var wrong []string
	for _, s := range sources(t) {
		allowed, known := mayImport[s.dir()]
		if !known {
			wrong = append(wrong, s.dir()+" is not in the table")
		}
		if s.isTest() {
			continue
		}
		for _, p := range imports(t, s) {
			standard := !strings.Contains(p, ".") && p != "C" // no cgo
			if !standard && !slices.ContainsFunc(allowed, covers(p)) {
				wrong = append(wrong, s.path+" imports "+p)
			}
		}
	}
	require.Empty(t, wrong)
}

func TestTheTableNamesOnlyWhatExists(t *testing.T) {
	exists := make(map[string]bool)
	for _, s := range sources(t) {
		exists[s.dir()] = true
	}
	for dir := range mayImport {
		require.True(t, exists[dir], "there is no package %s", dir)
	}
}

func TestTheTableRefusesWhatLiesBesideIt(t *testing.T) {
	require.True(t, covers(module+"/internal/wire")("internal/..."))
	require.True(t, covers("github.com/quic-go/quic-go/quicvarint")(quic))
	require.False(t, covers(module+"/vault/store")("vault"), "a package is not what lies below it")
	require.False(t, covers(module+"/internals")("internal/..."))
	require.False(t, covers("github.com/quic-go/quic-go-evil")(quic))
}

// covers returns whether an entry of the table allows the import of p.
func covers(p string) func(entry string) bool {
	ours, isOurs := strings.CutPrefix(p, module+"/")
	return func(entry string) bool {
		if below, ok := strings.CutSuffix(entry, "..."); ok {
			return isOurs && strings.HasPrefix(ours, below)
		}
		if isOurs {
			return ours == entry
		}
		return p == entry || strings.HasPrefix(p, entry+"/")
	}
}

func imports(t *testing.T, s source) (paths []string) {
	t.Helper()
	for _, spec := range s.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		paths = append(paths, p)
	}
	return paths
}

package xorname

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/safenet-go/safenet/internal/vectors"
)

// TestConformance runs every entry of every file in the folder xorname of
// SAFE_VECTORS or, if this is unset, of the project's own vectors. The README
// there describes the sections.
func TestConformance(t *testing.T) {
	folder := vectors.Folder(t, "xorname")
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)

	files := 0
	for _, entry := range entries {
		if entry.Name() == "README.md" {
			continue
		}
		require.Equal(t, ".json", filepath.Ext(entry.Name()), "nothing claims %s", entry.Name())
		cases := runVectorFile(t, filepath.Join(folder, entry.Name()))
		t.Logf("%s: %d cases", entry.Name(), cases)
		files++
	}
	require.NotZero(t, files, "no vectors in %s", folder)
}

// vectorSections has, for each section of a vector file, what runs its list
// of entries and returns how many it has run.
var vectorSections = map[string]func(*testing.T, []json.RawMessage) int{
	"from_content":             eachVector(checkContentVector),
	"names":                    eachVector(checkNameVector),
	"distance":                 eachVector(checkDistanceVector),
	"prefixes":                 eachVector(checkPrefixVector),
	"prefix_pairs":             eachVector(checkPairVector),
	"is_covered_by":            eachVector(checkCoverVector),
	"sorted_depth_first":       sortedVector(Prefix.Compare),
	"sorted_breadth_first":     sortedVector(Prefix.CompareBreadthFirst),
	"parse_errors":             eachVector(checkParseErrorVector),
	"json_errors":              eachVector(checkJSONErrorVector),
	"crate_quirks_do_not_copy": eachVector(checkQuirkVector),
}

func runVectorFile(t *testing.T, path string) int {
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var file map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &file), path)
	require.Equal(t, `"xor_name"`, string(file["crate"]), "nothing claims %s", path)

	total := 0
	for _, section := range slices.Sorted(maps.Keys(file)) {
		if section == "crate" || section == "crate_version" || section == "seed" {
			continue
		}
		run, known := vectorSections[section]
		require.True(t, known, "unknown section %s in %s", section, path)
		var list []json.RawMessage
		require.NoError(t, json.Unmarshal(file[section], &list), section)
		require.NotEmpty(t, list, section)
		t.Run(section, func(t *testing.T) {
			ran := run(t, list)
			require.Len(t, list, ran, "cases not run")
			total += ran
		})
	}
	require.NotZero(t, total, "%s has no cases", path)
	return total
}

// eachVector decodes each entry into a T, which must know all its fields.
func eachVector[T any](check func(*testing.T, T)) func(*testing.T, []json.RawMessage) int {
	return func(t *testing.T, list []json.RawMessage) (ran int) {
		defer func() {
			if t.Failed() && ran < len(list) {
				t.Logf("failed at entry %d: %s", ran, list[ran])
			}
		}()
		for _, raw := range list {
			var c T
			decoder := json.NewDecoder(bytes.NewReader(raw))
			decoder.DisallowUnknownFields()
			require.NoError(t, decoder.Decode(&c))
			check(t, c)
			ran++
		}
		return ran
	}
}

// sortedVector checks that sorting the entries in reverse restores their order.
func sortedVector(compare func(p, q Prefix) int) func(*testing.T, []json.RawMessage) int {
	return func(t *testing.T, list []json.RawMessage) int {
		var want []Prefix
		for _, raw := range list {
			var p Prefix
			require.NoError(t, json.Unmarshal(raw, &p))
			want = append(want, p)
		}
		got := slices.Clone(want)
		slices.Reverse(got)
		slices.SortFunc(got, compare)
		require.Equal(t, want, got)
		require.Len(t, slices.Compact(got), len(want), "entries twice")
		return len(list)
	}
}

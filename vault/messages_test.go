package vault

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is what the page says, and the code does, about one kind.
type message struct {
	name    string
	role    string // the file that serves it
	members bool   // only members may send it
	oneWay  bool
}

// docs/spec/messages.md has one row for each kind, and the code serves what it
// says.
func TestEveryMessageIsOnThePageAndServed(t *testing.T) {
	served := make(map[uint16]message)
	for kind, r := range requests {
		served[kind] = describe(r.serve, r.members, false)
	}
	for kind, r := range oneWay {
		require.NotContains(t, served, kind, "a request does not go one way")
		served[kind] = describe(r.serve, r.members, true)
	}
	require.Equal(t, kindsOnPage(t), served)
}

// describe names a message by the method that serves it: onHello serves Hello.
func describe(serve any, members, oneWay bool) message {
	f := runtime.FuncForPC(reflect.ValueOf(serve).Pointer())
	file, _ := f.FileLine(f.Entry())
	return message{
		name:    f.Name()[strings.LastIndex(f.Name(), ".on")+len(".on"):],
		role:    "vault/" + filepath.Base(file),
		members: members, oneWay: oneWay,
	}
}

// kindsOnPage reads the table of the section Kinds. Its columns are the number,
// the name, the sender, the role, who may send it, head, body and answer.
func kindsOnPage(t *testing.T) map[uint16]message {
	t.Helper()
	page, err := os.ReadFile("../docs/spec/messages.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(page), "\n## Kinds\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n## ")
	kinds := make(map[uint16]message)
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.ReplaceAll(line, "`", ""), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if len(cells) != 10 {
			continue
		}
		kind, err := strconv.ParseUint(cells[1], 10, 16)
		if err != nil {
			continue // the head of the table
		}
		require.NotContains(t, kinds, uint16(kind), "two rows for one kind")
		kinds[uint16(kind)] = message{
			name: cells[2], role: cells[4], members: cells[5] == "members", oneWay: cells[8] == "one way",
		}
	}
	return kinds
}

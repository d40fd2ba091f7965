package routing_test

import (
	"fmt"
	"time"

	"github.com/safenet-go/safenet/routing"
	"github.com/safenet-go/safenet/xorname"
)

// A request passes a vault on its way to a closer one, and the answer returns.
func Example() {
	var n byte
	newID := func() (id routing.ID) { // crypto/rand in a vault
		n++
		id[0] = n
		return id
	}
	contact := func(b byte) routing.Contact {
		return routing.Contact{Name: xorname.Name{b}, Key: routing.Key{b}}
	}
	router := routing.New(contact(0x80), routing.Config{NewID: newID})
	router.Add(contact(0x10))
	router.Add(contact(0xc0))

	now := time.Now()
	before := routing.Key{'b', 'e', 'f', 'o', 'r', 'e'}
	req := routing.Request{ID: routing.ID{77}, Op: routing.OpGet, Target: xorname.Name{0x11}, TTL: time.Minute}
	for _, a := range router.Request(now, before, false, req, nil) {
		fmt.Printf("to vault %x: %s %s as request %d\n", a.To[0], a.Forward.Op, a.Forward.Target.Short(), a.Forward.ID[0])

		answer := routing.Response{ID: a.Forward.ID, Final: true}
		for _, a := range router.Response(now, a.To, answer, []byte("the chunk")) {
			fmt.Printf("back to %s: %s, %q, as request %d\n", a.To[:6], a.Answer.Status, a.Body, a.Answer.ID[0])
		}
	}
	fmt.Println(router.Pending(), "under way")
	// Output:
	// to vault 10: get 110000.. as request 1
	// back to before: ok, "the chunk", as request 77
	// 0 under way
}

func ExampleTable_Closest() {
	var known routing.Table
	for _, b := range []byte{0x01, 0x02, 0x40, 0x80} {
		known.Add(routing.Contact{Name: xorname.Name{b}, Key: routing.Key{b}})
	}
	for _, c := range known.Closest(xorname.Name{0x03}, 2) {
		fmt.Println(c.Name.Short())
	}
	// Output:
	// 020000..
	// 010000..
}

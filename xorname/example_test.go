package xorname_test

import (
	"fmt"
	"slices"

	"github.com/safenet-go/safenet/xorname"
)

func ExampleFromContent() {
	name := xorname.FromContent([]byte("hello, "), []byte("network"))
	fmt.Println(name)
	fmt.Println(name == xorname.FromContent([]byte("hello, network")))
	// Output:
	// 2b2f1d33825fb997334c45809ecf96fb5faa80b192bbe937e31c8de8e1b556c6
	// true
}

func ExampleSortByDistance() {
	var vaults []xorname.Name
	for _, key := range []string{"ant", "bee", "cat", "dog"} {
		vaults = append(vaults, xorname.FromContent([]byte(key)))
	}
	chunk := xorname.FromContent([]byte("a chunk"))

	xorname.SortByDistance(chunk, vaults)
	for _, vault := range vaults {
		fmt.Println(vault.Short(), "shares", vault.CommonPrefix(chunk), "bits with", chunk.Short())
	}
	// Output:
	// 05cd98.. shares 1 bits with 6fc371..
	// ca7d9b.. shares 0 bits with 6fc371..
	// de56f9.. shares 0 bits with 6fc371..
	// d61660.. shares 0 bits with 6fc371..
}

func ExamplePrefix_Matches() {
	section, err := xorname.ParsePrefix("01")
	if err != nil {
		panic(err)
	}
	fmt.Println(section.Matches(xorname.FromContent([]byte("ant"))))

	inside := section.SubstitutedIn(xorname.Random())
	fmt.Println(section.Matches(inside))
	// Output:
	// false
	// true
}

func ExamplePrefix_Pushed() {
	section, _ := xorname.ParsePrefix("10")
	zero, one := section.Pushed(false), section.Pushed(true)
	fmt.Println(zero, one)
	fmt.Println(zero.Sibling() == one, one.Popped() == section)
	// Output:
	// 100 101
	// true true
}

func ExamplePrefix_Neighbour() {
	var sections []xorname.Prefix
	for _, text := range []string{"00", "010", "011", "10", "11"} {
		p, _ := xorname.ParsePrefix(text)
		sections = append(sections, p)
	}
	fmt.Println("partition:", xorname.IsPartition(sections))

	ours := sections[1]
	fmt.Println(ours, "is connected to", slices.DeleteFunc(sections, func(p xorname.Prefix) bool {
		return !ours.Neighbour(p)
	}))
	// Output:
	// partition: true
	// 010 is connected to [00 011 11]
}

func ExampleName_Format() {
	name := xorname.FromContent([]byte("ant"))
	fmt.Println(name.Short())
	fmt.Printf("%.4x %.8b\n", name, name)
	// Output:
	// ca7d9b..
	// ca7d9bb3 11001010
}

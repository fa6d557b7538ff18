// Generates weights.generated.ts and the vectors that its spec checks, from the collation table of golang.org/x/text: the one that Vitess's
// unicode_loose_* vindexes use (CLDR 23, Unicode 6.2). Run in this folder:
//
//	go run . weights > ../weights.generated.ts
//	go run . vectors > ../../../../../test/fixtures/collation_vectors.json
//	go run . fuzz 200000 SEED   # lines of "hex of text<TAB>hex of key", for a check by hand
package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"os"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unsafe"

	"golang.org/x/text/collate"
	"golang.org/x/text/internal/colltab"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

const (
	lastRune       = 0x10ffff
	firstHangul    = 0xac00
	lastHangul     = 0xd7a3
	contractionMin = 0xc0000000
	contractionMax = 0xdfffffff
	expansionMax   = 0xefffffff
)

var collator = collate.New(language.English, collate.Loose)
var table = tableOf(collator)

func main() {
	log.SetFlags(0)
	if len(os.Args) < 2 {
		log.Fatal("weights, vectors or fuzz")
	}
	switch os.Args[1] {
	case "weights":
		writeWeights()
	case "vectors":
		writeVectors()
	case "fuzz":
		count, _ := strconv.Atoi(os.Args[2])
		seed, _ := strconv.ParseInt(os.Args[3], 10, 64)
		random := rand.New(rand.NewSource(seed))
		for range count {
			text := randomText(random)
			fmt.Printf("%x\t%x\n", text, key(text))
		}
	}
}

// tableOf reaches into the collator for its table: there is no other way to see canonical classes and contractions.
func tableOf(c *collate.Collator) *colltab.Table {
	field := reflect.ValueOf(c).Elem().FieldByName("options").FieldByName("t")
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().Interface().(*colltab.Table)
}

func key(text string) []byte {
	var buffer collate.Buffer
	return append([]byte(nil), collator.KeyFromString(&buffer, text)...)
}

func runes(visit func(r rune)) {
	for r := rune(0); r <= lastRune; r++ {
		if r < 0xd800 || r > 0xdfff {
			visit(r)
		}
	}
}

// entry is what the table itself holds for a rune; 0 when it holds nothing.
func entry(r rune) colltab.Elem {
	s := string(r)
	index := table.Index
	if len(s) == 1 {
		return colltab.Elem(index.Values0[s[0]])
	}
	block := index.Index0[s[0]]
	for at := 1; at < len(s)-1; at++ {
		block = index.Index[int(block)<<6+int(s[at])]
	}
	return colltab.Elem(index.Values[int(block)<<6+int(s[len(s)-1])])
}

func isContraction(e colltab.Elem) bool { return e >= contractionMin && e <= contractionMax }

type packer struct {
	bytes.Buffer
	lastPrimary int
}

func (p *packer) number(n int) {
	p.Write(binary.AppendUvarint(nil, uint64(n)))
}

func (p *packer) elements(elements []colltab.Elem) {
	p.number(len(elements))
	for _, e := range elements {
		delta := e.Primary() - p.lastPrimary
		p.lastPrimary = e.Primary()
		zigzag := delta << 1
		if delta < 0 {
			zigzag = -delta<<1 - 1
		}
		if e.CCC() == 0 {
			p.number(zigzag << 1)
		} else {
			p.number(zigzag<<1 | 1)
			p.number(int(e.CCC()))
		}
	}
}

type keyed struct {
	at    rune
	write func()
}

// section writes how many there are, and before each how far it is from the one before.
func (p *packer) section(items []keyed) {
	p.number(len(items))
	last := rune(0)
	for _, item := range items {
		p.number(int(item.at - last))
		last = item.at
		item.write()
	}
}

func writeWeights() {
	p := &packer{}
	var single, contractions []keyed
	runes(func(r rune) {
		e := entry(r)
		switch {
		case isContraction(e):
			contractions = append(contractions, keyed{r, func() { p.contraction(e) }})
		case e != 0:
			elements, _ := table.AppendNextString(nil, string(r))
			single = append(single, keyed{r, func() { p.elements(elements) }})
		case r >= firstHangul && r <= lastHangul:
			requireSumOfJamos(r)
		default:
			requireImplicit(r)
		}
	})
	p.section(single)
	p.section(contractions)
	p.section(ranges(p, func(r rune) int {
		properties := norm.NFD.PropertiesString(string(r))
		return int(properties.LeadCCC())<<8 | int(properties.TrailCCC())
	}, func(class int) bool { return class>>8 != 0 }))
	p.section(ranges(p, func(r rune) int {
		if unicode.Is(unicode.Ideographic, r) {
			return 1
		}
		return 0
	}, func(is int) bool { return is != 0 }))

	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestCompression)
	z.Write(p.Bytes())
	z.Close()
	fmt.Print(header)
	fmt.Printf("export const collationSource = 'CLDR %s, Unicode %s; normalisation Unicode %s';\n\n", collate.CLDRVersion, collate.UnicodeVersion, norm.Version)
	fmt.Println("/** zlib, base64; laid out as unpackWeights reads it. */")
	fmt.Println("export const packedWeights = [")
	text := base64.StdEncoding.EncodeToString(packed.Bytes())
	for len(text) > 0 {
		n := min(160, len(text))
		fmt.Printf("  '%s',\n", text[:n])
		text = text[n:]
	}
	fmt.Println("].join('');")
}

// ranges are runs of runes for which the same wanted number holds; each is written as its length and the number.
func ranges(p *packer, number func(r rune) int, wanted func(n int) bool) []keyed {
	var found []keyed
	for r := rune(0); r <= lastRune; {
		n := number(r)
		start := r
		for r <= lastRune && number(r) == n {
			r++
		}
		if wanted(n) {
			length := int(r - start)
			found = append(found, keyed{start, func() { p.number(length); p.number(n) }})
		}
	}
	return found
}

// contraction writes the elements of the starter alone, then each suffix that changes them: its runes and the elements of the whole.
func (p *packer) contraction(e colltab.Elem) {
	size := int(e & 0xf)
	node := int(e>>4) & 0xfff
	offset := int(e>>16) & 0x1fff
	suffixes := map[string]int{}
	collectSuffixes(node, size, nil, suffixes)
	p.elements(contracted(offset))
	p.number(len(suffixes))
	sorted := make([]string, 0, len(suffixes))
	for suffix := range suffixes {
		sorted = append(sorted, suffix)
	}
	sort.Strings(sorted)
	for _, suffix := range sorted {
		text := []rune(suffix)
		p.number(len(text))
		for _, r := range text {
			p.number(int(r))
		}
		p.elements(contracted(offset + suffixes[suffix]))
	}
}

func contracted(at int) []colltab.Elem {
	e := colltab.Elem(table.ContractElem[at])
	if e < contractionMin {
		return []colltab.Elem{e}
	}
	if e <= contractionMax || e > expansionMax {
		log.Fatalf("contraction %d leads to neither an element nor an expansion", at)
	}
	start := int(uint16(e))
	n := int(table.ExpandElem[start])
	var elements []colltab.Elem
	for _, raw := range table.ExpandElem[start+1 : start+1+n] {
		elements = append(elements, colltab.Elem(raw))
	}
	return elements
}

// collectSuffixes walks the byte trie: an entry is a byte that leads on (N > 0), ends (I set), or a range of final bytes with consecutive results.
func collectSuffixes(node, size int, prefix []byte, suffixes map[string]int) {
	for _, state := range table.ContractTries[node : node+size] {
		if state.I != 0xff {
			suffixes[string(append(append([]byte(nil), prefix...), state.L))] = int(state.I)
		}
		if state.N != 0 {
			collectSuffixes(node+size+int(state.H), int(state.N), append(append([]byte(nil), prefix...), state.L), suffixes)
			continue
		}
		for last := int(state.L) + 1; last <= int(state.H); last++ {
			suffixes[string(append(append([]byte(nil), prefix...), byte(last)))] = last - int(state.L) + int(state.I)
		}
	}
}

func requireSumOfJamos(r rune) {
	var sum []byte
	for _, jamo := range norm.NFD.String(string(r)) {
		if e := entry(jamo); e == 0 || e >= contractionMin || e.CCC() != 0 {
			log.Fatalf("jamo %U is not a plain element", jamo)
		}
		sum = append(sum, key(string(jamo))...)
	}
	if !bytes.Equal(sum, key(string(r))) {
		log.Fatalf("syllable %U is not the sum of its jamos", r)
	}
}

func requireImplicit(r rune) {
	want := int(r) + 0x50000
	if unicode.Is(unicode.Ideographic, r) {
		want = int(r) + 0x20000
		if r >= 0x4e00 && r <= 0x9fff || r >= 0xf900 && r <= 0xfaff {
			want = int(r) + 0x10000
		}
	}
	elements, _ := table.AppendNextString(nil, string(r))
	if len(elements) != 1 || elements[0].Primary() != want || elements[0].CCC() != 0 {
		log.Fatalf("implicit weight of %U is not %x", r, want)
	}
}

type vectors struct {
	Source string `json:"source"`
	// Per block of 4096 code points: SHA-256 over the keys of its code points, each after its length in one byte; the first 8 bytes.
	Blocks []string `json:"blocks"`
	// Pairs of text and key, hexadecimal.
	Texts [][2]string `json:"texts"`
}

func writeVectors() {
	out := vectors{Source: "golang.org/x/text/collate, English, Loose"}
	for block := rune(0); block <= lastRune; block += 0x1000 {
		hash := sha256.New()
		for r := block; r < block+0x1000; r++ {
			if r < 0xd800 || r > 0xdfff {
				k := key(string(r))
				hash.Write([]byte{byte(len(k))})
				hash.Write(k)
			}
		}
		out.Blocks = append(out.Blocks, hex.EncodeToString(hash.Sum(nil)[:8]))
	}
	random := rand.New(rand.NewSource(20120930))
	for range 600 {
		text := randomText(random)
		out.Texts = append(out.Texts, [2]string{hex.EncodeToString([]byte(text)), hex.EncodeToString(key(text))})
	}
	bytes, err := json.Marshal(out)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.ReplaceAll(string(bytes), "],[", "],\n["))
}

var starters, suffixRunes, marks []rune

func init() {
	seen := map[rune]bool{}
	runes(func(r rune) {
		e := entry(r)
		if isContraction(e) {
			starters = append(starters, r)
			suffixes := map[string]int{}
			collectSuffixes(int(e>>4)&0xfff, int(e&0xf), nil, suffixes)
			for suffix := range suffixes {
				for _, part := range suffix {
					seen[part] = true
				}
			}
		}
		if norm.NFD.PropertiesString(string(r)).LeadCCC() != 0 {
			marks = append(marks, r)
		}
	})
	for r := range seen {
		suffixRunes = append(suffixRunes, r)
	}
	sort.Slice(suffixRunes, func(a, b int) bool { return suffixRunes[a] < suffixRunes[b] })
}

// randomText favours what is hard: contractions with marks between their parts, marks out of order, syllables, ideographs, anything.
func randomText(random *rand.Rand) string {
	var text []rune
	length, kinds := random.Intn(9), 9
	if random.Intn(40) == 0 {
		length, kinds = random.Intn(80), 60 // mostly marks, more of them than one character may have
	}
	for ; length >= 0; length-- {
		kind := random.Intn(kinds)
		if kind > 8 {
			kind = 4
		}
		switch kind {
		case 0, 1:
			text = append(text, starters[random.Intn(len(starters))])
		case 2, 3:
			text = append(text, suffixRunes[random.Intn(len(suffixRunes))])
		case 4, 5:
			text = append(text, marks[random.Intn(len(marks))])
		case 6:
			text = append(text, rune(0x20+random.Intn(0x230)))
		case 7:
			text = append(text, rune(0x1100+random.Intn(0xc700)))
		default:
			text = append(text, rune(random.Intn(lastRune+1)))
		}
		if last := text[len(text)-1]; last >= 0xd800 && last <= 0xdfff {
			text = text[:len(text)-1]
		}
	}
	return string(text)
}

const header = `/**
 * Collation weights for the unicode_loose_* vindexes, generated by generate/main.go from the tables of golang.org/x/text. Not to be edited.
 *
 * Copyright 2009 The Go Authors.
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are
 * met:
 *
 *    * Redistributions of source code must retain the above copyright
 * notice, this list of conditions and the following disclaimer.
 *    * Redistributions in binary form must reproduce the above
 * copyright notice, this list of conditions and the following disclaimer
 * in the documentation and/or other materials provided with the
 * distribution.
 *    * Neither the name of Google LLC nor the names of its
 * contributors may be used to endorse or promote products derived from
 * this software without specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS
 * "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT
 * LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR
 * A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT
 * OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL,
 * SPECIAL, EXEMPLARY, OR CONSEQUENTIAL DAMAGES (INCLUDING, BUT NOT
 * LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE,
 * DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER CAUSED AND ON ANY
 * THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT
 * (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 *
 * The weights themselves derive from the Unicode Common Locale Data Repository (CLDR 23) and the Unicode Character Database (6.2):
 * Copyright (c) 1991-2013 Unicode, Inc. All rights reserved. Distributed under the Terms of Use in http://www.unicode.org/copyright.html.
 */
`

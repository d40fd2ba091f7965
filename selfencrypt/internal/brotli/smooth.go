package brotli

// smooth changes counts, from which a prefix code will be made, so that its
// lengths have longer runs: stretches of counts that differ little get the same.
func smooth(counts []uint32) {
	used := 0
	for _, c := range counts {
		if c > 0 {
			used++
		}
	}
	if used < 16 {
		return
	}
	for counts[len(counts)-1] == 0 {
		counts = counts[:len(counts)-1]
	}
	fillGaps(counts, used)
	if used < 28 {
		return
	}
	var fixed [commandCodes]bool
	markRuns(&fixed, counts)
	level(counts, &fixed)
}

// fillGaps gives a symbol between two that occur a count of 1 if few do not occur
// and some occur seldom.
func fillGaps(counts []uint32, used int) {
	least := counts[len(counts)-1]
	for _, c := range counts {
		if c > 0 {
			least = min(least, c)
		}
	}
	if least >= 4 || len(counts)-used >= 6 {
		return
	}
	for i := 1; i < len(counts)-1; i++ {
		if counts[i-1] != 0 && counts[i] == 0 && counts[i+1] != 0 {
			counts[i] = 1
		}
	}
}

// markRuns marks the runs that are long enough as they are.
func markRuns(fixed *[commandCodes]bool, counts []uint32) {
	for i := 0; i < len(counts); {
		run := runLength(counts[i:])
		if run >= 7 || counts[i] == 0 && run >= 5 {
			for j := range run {
				fixed[i+j] = true
			}
		}
		i += run
	}
}

// level replaces counts by their mean in stretches that are not fixed and keep
// close to a limit, in 256ths, that follows the mean.
func level(counts []uint32, fixed *[commandCodes]bool) {
	const tolerance = 1240
	at := func(i int) uint64 { return uint64(counts[i]) }
	n := len(counts)
	limit := 256*(at(0)+at(1)+at(2))/3 + 420
	stride, sum := uint64(0), uint64(0)
	for i := 0; i <= n; i++ {
		if i == n || fixed[i] || i > 0 && fixed[i-1] || 256*at(i)-limit+tolerance >= 2*tolerance {
			if stride >= 4 || stride >= 3 && sum == 0 {
				mean := (sum + stride/2) / stride
				if sum > 0 {
					mean = max(mean, 1)
				}
				for j := i - int(stride); j < i; j++ {
					counts[j] = uint32(mean)
				}
			}
			stride, sum = 0, 0
			switch {
			case i < n-2:
				limit = 256*(at(i)+at(i+1)+at(i+2))/3 + 420
			case i < n:
				limit = 256 * at(i)
			default:
				limit = 0
			}
		}
		stride++
		if i < n {
			sum += at(i)
			if stride >= 4 {
				limit = (256*sum + stride/2) / stride
			}
			if stride == 4 {
				limit += 120
			}
		}
	}
}

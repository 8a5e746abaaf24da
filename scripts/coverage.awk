# lcov records → a table by file, the lines that nothing ran, and the total; fails where that is below `least` percent.
# Unit tests stand last in a file, behind `#[cfg(test)]`: their lines are not counted.
BEGIN { FS = "[:,]" }
/^SF:/ {
    path = substr($0, 4)
    tests = 0
    for (n = 1; (getline line < path) > 0; n++)
        if (!tests && line ~ /^#\[cfg\(test\)\]/) tests = n
    close(path)
    name = path
    sub(root, "", name)
    lines = missed = 0
    ranges = first = ""
}
/^DA:/ && (!tests || $2 < tests) {
    lines++
    if ($3 > 0) { end_range(); next }
    missed++
    if (first == "") first = $2
    last = $2
}
/^end_of_record/ {
    end_range()
    if (!lines) next
    printf "%-40s %5d lines %4d missed %7.2f %%%s\n", name, lines, missed, 100 * (lines - missed) / lines, ranges | "sort"
    all += lines
    all_missed += missed
}
END {
    if (!all) { print "coverage: no lines of policy were measured"; exit 1 }
    close("sort")
    percent = 100 * (all - all_missed) / all
    printf "%-40s %5d lines %4d missed %7.2f %%\n", "policy", all, all_missed, percent
    if (percent < least) { printf "coverage: expected at least %s %% of the lines of policy\n", least; exit 1 }
}
function end_range() {
    if (first == "") return
    ranges = ranges (ranges == "" ? "   " : ", ") (first == last ? first : first "-" last)
    first = ""
}

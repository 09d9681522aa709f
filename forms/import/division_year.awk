# Turns a list of division codes by province, with years in brackets, into the columns of
# division_year.map:   11 province="…"   and below it   0103 county="[-2010]…,[2011-]…"
# awk -f division_year.awk loc.dat >division_year.csv
BEGIN { print "code,first_year,last_year,name" }
/^#/ { next }
/^[0-9][0-9] province=/ { province = $1 }
/^ +[0-9][0-9][0-9][0-9] county=/ {
    code = province $1
    names = $0
    sub(/^[^"]*"/, "", names)
    sub(/"[^"]*$/, "", names)
    count = split(names, parts, ",")
    for (i = 1; i <= count; i++) {
        first = 0
        last = 0
        name = parts[i]
        if (match(name, /^\[[0-9]*-[0-9]*\]/)) {
            years = substr(name, 2, RLENGTH - 2)
            name = substr(name, RLENGTH + 1)
            dash = index(years, "-")
            first = substr(years, 1, dash - 1) + 0
            last = substr(years, dash + 1) + 0
            if (last && last < first) # as the list has some: it ended then, the beginning is unknown
                first = 0
        }
        print code "," first "," last "," name
    }
}

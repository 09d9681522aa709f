# Turns a tree of GB/T 4754 codes (JSON, one member a line, "code" before the children and "value"
# behind them) into the columns of industry.map, superiors first:
# awk -f industry.awk tree.js >industry.csv
# The sections A to T have numbers 1 to 20 in the code list as it is installed; what is below them is
# numbered from its digits: division 01 is 101, group 011 is 1011, class 0111 is 10111.
function number(digits) {
    return length(digits) == 2 ? 100 + digits : length(digits) == 3 ? 1000 + digits : 10000 + digits
}
BEGIN { print "number,name,label,parent" }
/"code":/ {
    split($0, parts, "\"")
    stack[++depth] = parts[4]
}
/"value":/ {
    split($0, parts, "\"")
    code = stack[depth--]
    digits = substr(code, 2)
    size = length(digits)
    if (size < 2)
        next
    above = stack[depth] # a class without a group stands below its division
    parent = length(above) == 1 ? index("ABCDEFGHIJKLMNOPQRST", above) : number(substr(above, 2))
    rows[size, ++count[size]] = number(digits) "," tolower(code) "," parts[4] "," parent
}
END {
    for (size = 2; size <= 4; size++)
        for (i = 1; i <= count[size]; i++)
            print rows[size, i]
}

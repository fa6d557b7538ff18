// The path lies under golang.org/x/text so that Go lets us read that module's internal table.
module golang.org/x/text/vtrewindweights

go 1.24.0

require golang.org/x/text v0.30.0

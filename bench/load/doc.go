// Command load measures a Signet binary beside the frozen baseline: rate, latency and processor time of each operation,
// start-up time, memory and size.
//
//	go run ./bench/load                          builds both servers and measures everything, some ten minutes
//	go run ./bench/load -scenario login -c 64    one scenario
//	go run ./bench/load -signet none             the baseline against itself: how much this machine wavers
//	go run ./bench/load -grants 1000000          what an operation costs at a thousand grants and at a million
//
// Rounds of the two servers alternate and medians count, because on a shared machine single runs differ by a fifth and
// more; ratios and processor time say more than rates. Client and server share the machine, so the client is a lean one of
// its own. The data lie under -out or in -data, which must be on a real disk: on a memory file system nothing is written
// durably and every figure flatters.
//
// With -grants the server is first filled to a thousand grants, measured, filled to as many as asked, and measured again.
// Filling is signing in at full speed with offline_access, the only way in that a relying party has, so a million takes as
// many seconds as logins a second divide it: six or seven minutes at 2500. With -data the directory stays, and a later run
// fills up only what is missing.
//
// It exits with 0 if every goal is met, 2 if one is missed, and 1 if a run failed: any answer but the expected one fails
// the run. The table goes to standard output, everything measured to <out>/<time>.json.
package main

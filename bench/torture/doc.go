// Package torture does to the real binary what the world does: kills and stops it under load, floods it with bad requests and
// wrong passwords, damages its files, fills its disk, and keeps its connections busy. What was acknowledged is there, what was
// spent stays spent, what was revoked stays revoked, and whoever is well-behaved is served. Its tests are the package;
// SIGNET_KILLS sets how often it kills, SIGNET_REQUESTS how many bad requests it sends, SIGNET_SEED repeats them, SIGNET_STORM how many
// seconds a storm of wrong passwords lasts while it measures what everybody else notices.
package torture

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"signet/cli/config"
	"signet/storage/bolt"
)

func (p *program) databaseCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "db", Short: "The stored data"}
	cmd.AddCommand(p.databaseMigrate(), p.databaseStats(), p.databaseCheck(), p.databaseCompact())
	return cmd
}

func (p *program) databaseMigrate() *cobra.Command {
	return &cobra.Command{
		Use: "migrate", Short: "Bring the data to this program's schema; serve does it too", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.load()
			if err != nil {
				return err
			}
			log := newLog(config.Log{Level: "info", Format: "text"}, p.err, &slog.LevelVar{})
			n, err := openNode(cmd.Context(), cfg, log, parts{migrate: true})
			if err != nil {
				return err
			}
			n.close()
			fmt.Fprintln(p.out, "the data have this program's schema")
			return nil
		},
	}
}

// databaseFile is the file of the embedded engine, which must be there: none of these commands makes one.
func (p *program) databaseFile() (string, error) {
	cfg, err := p.load()
	if err != nil {
		return "", err
	}
	if cfg.Storage.Engine != "bolt" {
		return "", usage("storage.engine is %s: its own tools look after its files (VACUUM, ANALYZE, pg_amcheck)", cfg.Storage.Engine)
	}
	path := databasePath(cfg)
	if !exists(path) {
		return "", usage("%s does not exist; name the data directory with --data", path)
	}
	return path, nil
}

// databaseOptions has what goes wrong told, and how far the work is.
func (p *program) databaseOptions() bolt.Options {
	var bar *progress
	log := newLog(config.Log{Level: "warn", Format: "text"}, p.err, &slog.LevelVar{})
	return bolt.Options{Logger: log, Progress: func(verb string, done, total int) {
		if bar == nil || bar.verb != verb || done < bar.done {
			bar = p.progress(verb, total)
		}
		bar.move(done)
		if done == total {
			bar.end()
		}
	}}
}

// offline runs a function with the open store. A running server has it: then it is bolt.ErrLocked.
func (p *program) offline(do func(*bolt.Engine) error) error {
	path, err := p.databaseFile()
	if err != nil {
		return err
	}
	e, err := bolt.Open(path, p.databaseOptions())
	if err != nil {
		return err
	}
	return errors.Join(do(e), e.Close())
}

// storeFacts are what --format json prints of a store. Sizes are in bytes.
type storeFacts struct {
	File    int64             `json:"file"`
	Used    int64             `json:"used"`
	Free    int64             `json:"free"`
	Records map[string]uint64 `json:"records"`
}

func factsOf(s bolt.Stats) storeFacts {
	return storeFacts{File: s.FileSize, Used: s.UsedSize, Free: s.FreeSize, Records: s.Records}
}

func (p *program) databaseStats() *cobra.Command {
	return &cobra.Command{
		Use: "stats", Short: "Say how large the data are, and how many records of each kind there are", Args: cobra.NoArgs,
		Long: "Says how long the file is, how much of it has ever been used, and how much of that is free to be used again; and how many records of\n" +
			"each kind there are, with those that have expired and wait to be removed. The server must not run.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(func(e *bolt.Engine) error {
				s, err := e.Stats(cmd.Context())
				if err != nil {
					return err
				}
				return p.showStats(factsOf(s))
			})
		},
	}
}

func (p *program) showStats(s storeFacts) error {
	list := []fact{{"file", size(s.File)}, {"used", size(s.Used)}, {"free", size(s.Free)}}
	for _, kind := range slices.Sorted(maps.Keys(s.Records)) {
		list = append(list, fact{kind, strconv.FormatUint(s.Records[kind], 10)})
	}
	return p.facts(s, list...)
}

// size writes bytes for people.
func size(bytes int64) string {
	for _, unit := range []struct {
		name string
		of   int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if bytes >= unit.of {
			return fmt.Sprintf("%.1f %s", float64(bytes)/float64(unit.of), unit.name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}

func (p *program) databaseCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Look at every page and every record for damage", Args: cobra.NoArgs,
		Long: "Reads all of the data and looks at every page, every record's checksum and every key that leads to a record. Nothing is changed. It ends\n" +
			"with 0 if all is well and with 65 if something is damaged. The server must not run.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.offline(func(e *bolt.Engine) error {
				if err := e.Check(cmd.Context()); err != nil {
					return err
				}
				p.say("no damage was found")
				return nil
			})
		},
	}
}

func (p *program) databaseCompact() *cobra.Command {
	return &cobra.Command{
		Use: "compact", Short: "Write the data anew, without free room and without what was deleted", Args: cobra.NoArgs,
		Long: "Checks the data, writes them into a new file beside the old, checks that, and puts it in the old one's place. The new file has no free room\n" +
			"and nothing of what was deleted. Whatever goes wrong, and when it is interrupted, the old file stays as it is. The disk must have room for\n" +
			"both. The server must not run.",
		RunE: func(cmd *cobra.Command, _ []string) error { return p.compact(cmd.Context()) },
	}
}

// compaction is what --format json prints at the end.
type compaction struct {
	Event  string     `json:"event"`
	Before storeFacts `json:"before"`
	After  storeFacts `json:"after"`
}

func (p *program) compact(ctx context.Context) error {
	path, err := p.databaseFile()
	if err != nil {
		return err
	}
	before, after, err := bolt.Compact(ctx, path, p.databaseOptions())
	if errors.Is(err, context.Canceled) {
		return errors.New("cli: interrupted; the data are as they were")
	}
	if err != nil {
		return err
	}
	p.say("%s are now %s", size(before.FileSize), size(after.FileSize))
	if p.format == "json" {
		return json.NewEncoder(p.out).Encode(compaction{"summary", factsOf(before), factsOf(after)})
	}
	return nil
}

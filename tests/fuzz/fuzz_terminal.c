/* Fuzz target: what a line may send. Byte 0 chooses the line and the field, byte 1 how the rest is
 * cut into pieces in time; keys go to an editor that is drawn after each. Whatever came before, a
 * function key at the end must be understood. */
#include "client/terminal/editor.h"
#include "tests/fuzz/fuzz_protocol.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 11, PIECE_LIMIT = 32, LONGEST = 2048 };

unsigned long fuzz_accepted;

static const char *const seeds[] = {
    "\x01\x07\033[24~\033OR\033[[A\r\t\033[Z\b\177\033[1;5C",
    "\x02\x05"
    "ab\xe4\xb8\xad\xe6\x96\x87\xf0\xa0\x80\x80\033[D\033[3~x",
    "\x03\x09\033[200~a\rb\xe4\xb8\xad\033[201~\033[A\033[B",
    "\x04\x03\xd6\xd0\xce\xc4\x95\x32\x82\x36\xa1\xb0\033[H\033[F",
    "\x40\x0b-12.34\033[D5\0331\0330",
    "\x81\x11one\ntwo\xe4\xb8\xad\nthree\033[A\033[A\033[F!",
};

size_t fuzz_seed(unsigned which, uint8_t *bytes, size_t capacity)
{
    if (which >= sizeof(seeds) / sizeof(seeds[0]) || strlen(seeds[which]) > capacity)
        return 0;
    memcpy(bytes, seeds[which], strlen(seeds[which]));
    return strlen(seeds[which]);
}

/* No wide character cut, nothing outside of the field, the cursor on a cell of the field. */
static void check_drawing(struct editor *editor, struct cells *cells, int rows)
{
    int row;
    int column;
    cells_fill(cells, 0, 0, cells->rows, cells->columns, CELL_PLAIN, '|');
    editor_draw(editor, cells, 0, 1, CELL_INPUT, '_');
    editor_cursor(editor, &row, &column);
    if (row < 0 || row >= rows || column < 0 || column >= COLUMNS)
        abort();
    for (int i = 0; i < cells->rows; i++) {
        if (cells_at(cells, i, 0)->character != '|' ||
            cells_at(cells, i, COLUMNS + 1)->character != '|')
            abort();
        for (int j = 0; j < COLUMNS + 2; j++) {
            const struct cell *cell = cells_at(cells, i, j);
            if (cell->columns == 2 && cells_at(cells, i, j + 1)->columns != 0)
                abort();
            if (cell->columns == 0 && cells_at(cells, i, j - 1)->columns != 2)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    if (length < 2 || length > LONGEST)
        return 0;
    int rows = (bytes[0] & 0x80) != 0 ? 3 : 1;
    struct keys *keys = keys_create(&(struct keys_options){
        .encoding = (bytes[0] & 4) != 0 ? KEYS_GB18030 : KEYS_UTF8,
        .profile = (bytes[0] & 8) != 0 ? KEYS_PROFILE_VT100 : KEYS_PROFILE_COMMON,
        .escape_delay = 50,
        .always_twins = (bytes[0] & 16) != 0,
    });
    struct editor *editor = editor_create(&(struct editor_options){
        .columns = COLUMNS,
        .rows = rows,
        .maximum = (bytes[0] & 32) != 0 ? 7 : 100,
        .restriction = (bytes[0] & 64) != 0 ? EDITOR_DECIMAL : EDITOR_TEXT,
        .decimals = 2,
        .ambiguous = (bytes[0] & 4) != 0 ? 2 : 1,
    });
    struct cells *cells = cells_create(rows, COLUMNS + 2, (bytes[0] & 4) != 0 ? 2 : 1);
    if (keys == NULL)
        abort();
    struct keys_event event;
    int64_t now = 1000;
    uint32_t pace = bytes[1];
    for (size_t at = 2; at < length;) {
        pace = pace * 1103515245u + 12345u;
        size_t piece = 1 + (pace >> 16) % PIECE_LIMIT;
        if (piece > length - at)
            piece = length - at;
        keys_feed(keys, bytes + at, piece, now);
        at += piece;
        now += (bytes[1] & 1) != 0 ? (pace >> 20) % 20 : (pace >> 20) % 300;
        while (keys_next(keys, &event)) {
            editor_key(editor, &event);
            check_drawing(editor, cells, rows);
        }
    }
    bool clean = keys_dropped(keys) == 0;
    for (int i = 0; i < 3; i++)
        keys_tick(keys, now += 5000);
    keys_discard(keys);
    keys_feed(keys, "\033[24~", 5, now);
    if (!keys_next(keys, &event) || event.kind != KEYS_KEY || event.code != KEYS_F12)
        abort();
    if (clean)
        fuzz_accepted++;
    editor_text(editor);
    cells_free(cells);
    editor_free(editor);
    keys_free(keys);
    return 0;
}

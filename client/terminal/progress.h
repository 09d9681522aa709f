/* A bar for long work. */
#ifndef HALLDESK_PROGRESS_H
#define HALLDESK_PROGRESS_H

#include "client/terminal/cells.h"

#include <stdint.h>

/* Draws "[#####.....]  45%" into `columns`; total 0 (unknown) draws "[..##......]" moved by
 * done. Values outside 0..total are clamped. */
void progress_draw(struct cells *cells, int row, int column, int columns, int64_t done,
                   int64_t total);

#endif

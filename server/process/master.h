/* The master: owns the listeners, forks the children, brings them back, reloads, ends. It never
 * touches a byte of a terminal. */
#ifndef HALLDESK_MASTER_H
#define HALLDESK_MASTER_H

struct image;

/* Takes the image over. Exit status of the program. */
int master_run(const char *file, struct image *image);

#endif

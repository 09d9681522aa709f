/* Tells the service manager how we are (the datagram protocol of sd_notify(3), without its
 * library). Does nothing where there is no service manager. */
#ifndef HALLDESK_NOTIFY_H
#define HALLDESK_NOTIFY_H

void notify_ready(void);
void notify_reloading(void); /* followed by notify_ready() */
void notify_stopping(void);

#endif

/* The locked terminal: nothing is shown, and only the password of who is signed in opens it. */
#ifndef HALLDESK_LOCK_H
#define HALLDESK_LOCK_H

#include "client/application.h"

/* Tells the server and asks for the password until it is right; false when the session ended
 * instead. */
bool lock_terminal(struct application *application);
/* The same where the server has locked already. */
bool lock_ask(struct application *application);
/* Asks for the old and the new password and changes it. */
void lock_password(struct application *application);

#endif

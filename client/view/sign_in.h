/* Sign-in: staff number and password, a forced change of the password, and readable refusals. */
#ifndef HALLDESK_SIGN_IN_H
#define HALLDESK_SIGN_IN_H

#include "client/application.h"

/* Connects and asks until someone is signed in; false when the program has to end. */
bool sign_in_run(struct application *application);

#endif

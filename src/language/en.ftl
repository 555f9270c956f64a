# English: complete by definition. What stands in { $braces } is filled in.

## Everywhere
brand = { -name }
description = Sign in to { -name }, see where you are signed in, and end any session at once.
language-name = English
skip = Skip to content
nav-account = Account
nav-profile = Profile
nav-sessions = Sessions
nav-password = Password
nav-users = Users
sign-in = Sign in
sign-out = Sign out
create-account = Create account
footer-line = { -name } keeps your session, not your secrets.
footer-appearance = Appearance
appearance-system = System
appearance-light = Light
appearance-dark = Dark
footer-language = Language
session-over-typed = What you have typed stays here: when you send it, you are asked to sign in first.
session-over-again = Sign in again

## Times, in UTC
date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
minute = { $date }, { $time } UTC

## Home
home-stranger-title = Your front door
home-stranger-lede = One account opens everything behind it. Knock once, and the house knows you.
home-create = Create an account
home-note = This page asks nothing of any other site, and works with JavaScript off.
home-hello = Hello, { $name }
home-open = The door is open.
home-profile = Your profile
home-password = Change password
home-signed-in-as = Signed in as { $email }

## Signing in and registering
login-title = Sign in
login-remember = Keep me signed in on this device
login-new = New here?
login-create = Create an account
register-title = Create your account
register-closed = New accounts cannot be created here at the moment.
register-known = Have an account?
label-email = E-mail
label-password = Password
label-nickname = Nickname
hint-nickname = What others see. Up to 50 characters.
hint-new-password = At least { $min } characters. Several words are easy to remember.
password-show = Show
password-hide = Hide
password-show-field = Show { $field }
password-hide-field = Hide { $field }
password-caps = Caps Lock is on.
password-too-short = Too short: at least { $min } characters.

## Advice on a password
advice-keyboard = Easy to guess: keys that lie side by side. Another word or two would help.
advice-repeats = Easy to guess: it repeats itself. Another word or two would help.
advice-common = Easy to guess: many others have chosen something like it. Another word or two would help.
advice-sequence = Easy to guess: a sequence such as abcd or 6543. Another word or two would help.
advice-dates = Easy to guess: dates and years. Another word or two would help.
advice-word = Easy to guess: a single word. Another one or two would help.
advice-names = Easy to guess: names. Another word or two would help.
advice-short = Easy to guess. Another word or two would help.
advice-good = Good. Another word would make it very good.
advice-very-good = Very good.

## Buttons that copy
copy = Copy
copied = Copied.
copy-email = Copy the e-mail
copy-id = Copy the identifier

## Password
password-title = Change your password
password-lede = Every other session of yours ends with it.
password-current = Current password
password-new = New password
password-change = Change password

## A forgotten password
forgot-title = Forgot your password?
forgot-lede = Say which e-mail you sign in with. If it has an account, a letter with a link goes there.
forgot-send = Send the letter
forgot-have-code = I have a code
reset-title = Choose a new password
reset-lede = For { $email }. Every session of yours ends with it; sign in afterwards.
reset-code-lede = Enter the code that stands in the letter, or open the link in it.
reset-again = Ask for another letter
reset-set = Set the new password
reset-mailbox = No mail goes out of this machine. The letter is here:
label-code = Code
hint-code = Six digits, from the newest letter.
not-me-title = This was not you?
not-me-lede = Every session of your account ends at once, and its password counts no more. Then you choose a new one.
not-me-end = End all sessions
link-spent-title = This link is good no more
verify-title = Confirm your e-mail
verify-lede = Is { $email } yours? Say so, and it is confirmed.
verify-confirm = Confirm
verify-sign-in = Confirm and sign in
verify-not-mine = You did not create this account?
verify-not-mine-lede = Then somebody else did, with your e-mail. Make it yours: whoever created it is signed out, their password counts no more, and you choose one.
verify-take = Make it mine
verify-sent-title = A letter is on its way
verify-sent-lede = Open the link in it to go on. It may take a minute; look among the unwanted mail too.
change-title = Confirm your new e-mail
change-lede = { $mailbox } is to take the place of { $email }.
change-confirm = Use this e-mail
undo-title = Take your e-mail back
undo-lede = { $mailbox } becomes the e-mail of your account again. Every session of it ends, its password counts no more, and you choose a new one.
undo-confirm = Take it back
email-title = Your e-mail
email-lede = You sign in with { $email }.
email-unverified = It is not confirmed yet. Open the link in the letter that we sent there.
email-send-again = Send the letter again
email-send = Send a letter to the new e-mail
label-new-email = New e-mail
hint-new-email = A letter goes there. When its link is confirmed, the new e-mail takes the place of the old one.
notices-title = Letters
notices-lede = Of a changed password, a changed e-mail and a stolen session you are told in any case.
notices-new-device = Tell me when I sign in from a new device
notices-save = Save
confirm-title = Confirm that it is you
confirm-lede = You signed in a while ago, and this needs your password once more. What you asked for is done then.
confirm-go-on = Go on
mailbox-title = Development mailbox
mailbox-lede = No mail goes out of this machine. These letters would have been sent.
mailbox-empty = There is nothing in it.

## The account as a whole
account-title = Your account
account-lede = Take all that is held about you with you, or leave for good. Both need your current password.
export-title = Take your data
export-means = A file in JSON: your account, your picture, your sessions, letters on their way, and what happened to your account. Your password is not in it.
export-data = Download my data
deletion-title = Delete your account
deletion-means = You are signed out everywhere at once. Seven days later your account is deleted. Signing in before then keeps it.
deletion-for-ever = After that nobody can bring it back: your profile, your picture and your sessions are gone, and anybody may register with your e-mail.
deletion-record = What happened to the account stays on record for up to { $days } days, with devices and networks, under a number that names nobody.
deletion-request = Delete my account

## Profile
profile-title = Your profile
profile-signature = Signature
profile-signature-hint = A line or two about you. Up to 200 characters.
profile-picture = Picture
profile-avatar = A new picture
profile-avatar-hint = PNG, JPEG or WebP, up to 2 MB. Its middle is shown, and nothing else in the file is kept.
profile-avatar-upload = Upload picture
profile-avatar-progress = Upload
profile-avatar-too-large = The picture cannot be larger than 2 MB.
profile-avatar-failed = The picture could not be uploaded. Please try again.
profile-avatar-remove = Remove picture
profile-unverified = Your e-mail is not confirmed yet.
profile-verify = Confirm it
profile-save = Save profile
profile-since = Member since
profile-account = Take your data, or delete your account

## Sessions
sessions-title = Your sessions
sessions-lede = Where you are signed in. End what you do not know.
sessions-changed = The list of your sessions has changed.
sessions-end-others = End all other sessions
session-this = This one
session-api = API client
session-signed-in = Signed in
session-last-seen = Last seen
session-network = Network
session-end = End
session-end-of = End the session of { $device }
device = { $browser } on { $system }
browser-unknown = Unknown browser
browser-webkit = A WebKit browser
browser-python = A Python program
browser-android = An Android app
browser-apple = An Apple app
browser-go = A Go program
browser-node = A Node program

## The first administrator
first-title = The first administrator
first-lede = There is none yet. Whoever sent you this link can read the program's own output, so you may become it.
first-become = Become administrator

## Users, for administrators
users-title = Users
users-audit = What happened to whose account: the audit trail
users-query = E-mail begins with
users-search = Search
users-none = Nobody's e-mail begins like that.
users-next = Next page
users-all = All users
user-title = A user
user-id = Identifier
user-since = Since
user-disabled = Disabled
user-disabled-badge = disabled
user-deleted = To be deleted
user-roles = Roles
user-roles-label = This user's roles
user-roles-hint = Names with spaces between, such as editor. An administrator may do all of this.
user-roles-set = Set roles
user-sessions = Sessions
user-nowhere = Signed in nowhere.
user-sign-out = Sign out everywhere
user-sign-out-means = Every session of this user ends at once, and cannot be brought back. The user can sign in again.
user-account = Account
user-enable = Enable account
user-disable = Disable account
user-disable-means = Every session of this user ends at once, and nobody can sign in to the account until it is enabled again.

## The audit trail
audit-title = Audit trail
audit-lede = What happened to whose account, who did it, and from where. Days are in UTC.
audit-none = Nothing of this kind is on record.
audit-take = Take all of this away:
audit-json-lines = JSON lines
audit-user = Account (e-mail)
audit-actor = Done by (e-mail)
audit-event = What happened
audit-any = Anything
audit-since = From
audit-until = Until
audit-show = Show
audit-older = Older
activity-title = Recent activity
activity-lede = What happened to your account. If something was not you, change your password.
history-title = History
history-all = All of it
by-administrator = by an administrator
by-operator = by the operator
by-user = by
record-request = request
record-no-account = No account has that e-mail.
record-device = { $device }, { $network }
event-said = { $event }.
event-said-of = { $event }: { $detail }.
event-unknown = Something that this version has no word for.
event-account-created = Account created
event-account-created-roles = Account created, with the roles { $detail }.
event-signed-in = Signed in
event-signed-in-api = Signed in. By an API client.
event-new-device = That was a new device
event-sign-in-refused = Sign-in refused
event-sign-in-refused-disabled = Sign-in refused. The account is closed.
event-signed-out = Signed out
event-session-ended = A session ended
event-other-sessions-ended = All other sessions ended
event-session-displaced = The oldest session made room for a new one
event-refresh-token-reused = An old key came back, and its session was ended
event-password-changed = Password changed
event-password-change-refused = Change of password refused: the current one was wrong
event-password-reset-requested = A new password asked for by mail
event-letter-refused = A letter asked for, and not sent
event-password-reset = Password replaced by way of a letter
event-email-verification-requested = A letter sent to confirm the e-mail
event-email-verified = E-mail confirmed
event-email-change-requested = Another e-mail asked for
event-email-changed = E-mail changed
event-email-restored = The old e-mail brought back: all sessions ended
event-address-in-use = Somebody wanted to use this e-mail for another account
event-disowned = The owner said that it was not them: all sessions ended
event-confirmation-refused = Something that needs the password again was refused: it was wrong
event-profile-changed = Profile changed
event-roles-set = Roles set
event-roles-set-none = Roles set. None are left.
event-account-disabled = Account disabled
event-account-enabled = Account enabled
event-deletion-requested = Deletion asked for, in seven days, and all sessions ended
event-deletion-cancelled = Account kept, by signing in
event-account-deleted = Account deleted, seven days after that was asked for
event-data-exported = All data about the account downloaded
event-signed-out-everywhere = All sessions ended
event-audit-exported = Audit trail exported
event-audit-resealed = Audit trail sealed anew

## How a session came to its end
ended = Your session has ended.
ended-signed-out = You signed out at { $at }.
ended-session-limit = You were signed out here because you signed in at { $at }. Only so many sessions may be open at once.
ended-session-limit-from = You were signed out here because you signed in from { $device } at { $at }. Only so many sessions may be open at once.
ended-password-changed = You were signed out here because your password was changed at { $at }.
ended-password-changed-from = You were signed out here because your password was changed from { $device } at { $at }.
ended-by-user = This session was ended at { $at }.
ended-by-user-from = This session was ended from { $device } at { $at }.
ended-reused = Somebody used an old key of your session; it was ended at { $at }. If you did not copy it yourself, change your password.
ended-reused-of = Somebody used an old key of your session ({ $device }); it was ended at { $at }. If you did not copy it yourself, change your password.
ended-expired = You were signed out at { $at }, when your session had lasted its time.
ended-disabled = This account was disabled at { $at }.
ended-by-administrator = An administrator ended your session at { $at }.
ended-deletion = You were signed out here because somebody asked at { $at } for your account to be deleted. Sign in to keep it.
ended-deletion-from = You were signed out here because somebody asked from { $device } at { $at } for your account to be deleted. Sign in to keep it.

## Good news
notice-welcome = Welcome. Your account is ready.
notice-profile-saved = Your profile is saved.
notice-avatar-set = Your picture is saved.
notice-avatar-removed = Your picture is removed.
notice-password-changed = Your password is changed. Every other session was ended.
notice-letter-sent = If that e-mail has an account, a letter is on its way to it. It is good for 30 minutes.
notice-password-reset = Your new password is set, and every session was ended. Sign in with it.
notice-other-password-reset = The new password of the other account is set, and every session of it was ended. You are signed in as before.
notice-disowned = Every session is ended, and the old password counts no more. Choose a new one.
notice-verification-sent = A letter is on its way. Its link is good for 72 hours.
notice-email-verified = Your e-mail is confirmed.
notice-change-sent = A letter is on its way to the new e-mail. Its link is good for 24 hours.
notice-email-changed = Your new e-mail is in use. The old one gets a letter, with a way back for 72 hours.
notice-notices-set = Your choice is saved.
notice-signed-out = You are signed out.
notice-deletion-requested = You are signed out everywhere. Your account is deleted on { $at }. If you sign in before then, it stays.
notice-deletion-cancelled = Your account stays. It is not going to be deleted.
notice-session-ended = That session is ended.
notice-other-sessions-ended = Every other session is ended.
notice-signed-out-everywhere = Every session of this user is ended.
notice-account-disabled = This account is disabled, and every session of it ended.
notice-account-enabled = This account is open again.
notice-roles-set = The roles are set. They count from the user's next request on.
notice-first-administrator = You are the first administrator. The link is good no more.
notice-draft-waits = What you had typed is kept: sign in to find it again.
notice-draft-kept = Here is what you had typed. It is not saved yet.

## What is wrong with a form
check-one = Please check one thing
check-several = Please check what is marked below
field-email = e-mail
field-password = password
field-current-password = current password
field-new-password = new password
field-nickname = nickname
field-signature = signature
field-avatar = picture
field-code = code
field-roles = roles
problem-required-email = Enter your e-mail.
problem-required-password = Enter a password.
problem-required-current-password = Enter your current password.
problem-required-new-password = Enter a new password.
problem-required-nickname = Enter a nickname.
problem-required-signature = Enter a signature.
problem-required-avatar = Choose a picture.
problem-required-code = Enter the code from the letter.
problem-required-roles = Enter a role.
problem-malformed-email = Enter an e-mail address such as name@example.org.
problem-malformed-nickname = The nickname needs at least one visible character.
problem-malformed-avatar = The picture cannot be read: the file is broken.
problem-malformed-roles = Enter names such as editor with spaces between: small letters, digits, - and _.
problem-malformed = The { $field } cannot be accepted.
problem-too-many-roles = A user has at most { $limit } roles.
problem-too-short = Use at least { $limit } characters.
problem-too-many-bytes = The { $field } cannot be longer than { $limit } bytes.
problem-too-long = The { $field } cannot be longer than { $limit } characters.
problem-forbidden-character = The { $field } contains an invisible or control character; remove it.
problem-too-many-megabytes = The { $field } cannot be larger than 2 MB.
problem-too-many-pixels = The { $field } cannot have more than 16 megapixels.
problem-unknown-format = The { $field } must be a PNG, JPEG or WebP file.
problem-common = This password is among the most common ones; choose another.
problem-contains-email = The password must not contain your e-mail.
problem-same-as-current = The new password is the same as the current one; choose another.
problem-wrong-current-password = The current password is not right.
problem-unknown-roles = One of these roles does not exist here. The operator names them in VESTIBULE_ROLES.
problem-unknown = There is no such { $field } here.
problem-wrong-code = This is not the code from the newest letter, or it is good no more.
problem-unchanged = This is what you use already.
problem-taken = There is an account with this e-mail already.
problem-wrong-credentials = The e-mail or the password is not right.

## What is wrong otherwise
error-invalid = Some of what you entered needs another look.
error-email-not-verified = Confirm your e-mail first: a letter is on its way to it.
error-invalid-link = It was used, or a newer letter has replaced it, or its time is over.
error-not-signed-in = Sign in to continue.
error-stale-authentication = This needs a sign-in of the last five minutes: sign in again.
error-other-account = Somebody else is signed in here now than when this form was opened. Nothing was saved.
error-last-administrator = This is the last administrator; make another one first.
error-own-account = Administrators cannot do this to their own account.
error-forbidden = That request was refused.
error-registration-closed = New accounts cannot be created here at the moment.
error-busy = There is a rush at the moment. Try again in a few seconds.
error-too-many-requests = There were too many attempts from your network. Try again in a minute.
error-too-many-failures = There were too many wrong passwords. Try again in { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}.
error-unavailable = Our records cannot be reached at the moment. Try again in a few seconds.
error-unsupported-media-type = That kind of content is not accepted here.
error-payload-too-large = That was too much to send at once.
error-bad-request = That request could not be understood.
error-unexpected-fields = A field is missing, unknown, given twice, or not of its kind.
error-not-found = There is nothing here.
error-method-not-allowed = That cannot be done here.
error-timed-out = That took too long.
error-internal = Something went wrong on our side.

## Pages for what went wrong
trouble-home = Home
trouble-bad-request = That request could not be understood
trouble-refused = That request was refused
trouble-not-found = There is no page here
trouble-method = That is not how this address is used
trouble-timed-out = That took too long
trouble-too-large = That was too much to send at once
trouble-media-type = That kind of content is not accepted here
trouble-unprocessable = That could not be accepted
trouble-unavailable = That cannot be done right now
trouble-internal = Something went wrong on our side
advice-reload = Go back, reload the page and try again.
advice-refused = It did not come from a page of ours, or it is not for you. Go back, reload the page and try again.
advice-not-found = The address may have been mistyped, or the page is gone.
advice-method = Go back and try again from the page itself.
advice-timed-out = Check your connection and try again.
advice-too-large = Shorten what you entered and try again.
advice-media-type = Send the page's own form.
advice-unavailable = There is a rush, or our records cannot be reached. Try again in a few seconds.
advice-internal = It has been noted. Try again in a moment.

## Coming from another site
round-title = One moment
round-lede = We are opening the page you came for.
round-go = Go on

## Letters
mail-test-subject = { $brand }: mail goes out
mail-test = { $origin } can send mail. Somebody who can run the program there asked for this letter.
letter-password-subject = Your password at { $brand } was changed
letter-password = The password of your account at { $origin } was changed, and every other session of it ended.
letter-reuse-subject = A session at { $brand } was ended
letter-reuse = A session of your account at { $origin } was ended, because a token that had been replaced was used again: it may have been stolen.
letter-from = It was on { $time }, from { $device }.
letter-from-network = It was on { $time }, from { $device }, network { $network }.
letter-not-you = If that was you, there is nothing to do. If not, say so: every session of your account ends at once, and you choose a new password. The link is good for 72 hours.
letter-not-me = This was not me
letter-password-reset = The password of your account at { $origin } was replaced by way of a letter to you, and every session of it ended.
letter-reset-subject = Choose a new password at { $brand }
letter-reset = Somebody, probably you, asked for a new password for your account at { $origin }.
letter-disowned = You said that it was not you. Every session of your account at { $origin } has ended, and its password counts no more.
letter-choose-password = Choose a new password
letter-code = Or enter this code at { $address }:
letter-link-life = This is good once, for 30 minutes, and until you ask for another letter.
letter-not-asked = If you did not ask for it, there is nothing to do: nothing changes by itself. Give it to nobody.
letter-restored = You took your e-mail at { $origin } back. Every session of your account has ended, and its password counts no more.
letter-in-use-subject = Your e-mail at { $brand }
letter-in-use = Somebody, perhaps you, wanted to use this e-mail for an account at { $origin }. It has one already: sign in with it, or choose a new password for it.
letter-verify-subject = Confirm your e-mail at { $brand }
letter-verify = An account at { $origin } was created with this e-mail.
letter-change = Somebody, probably you, wants to use this e-mail for their account at { $origin }.
letter-confirm = Confirm this e-mail
letter-confirm-life = This is good once, for 72 hours.
letter-change-life = This is good once, for 24 hours.
letter-not-registered = If you did not create the account, open the link all the same: there you can make it yours, and whoever created it is out. If you do nothing, it stays unconfirmed.
letter-changed-subject = Your e-mail at { $brand } was changed
letter-changed = Your account at { $origin } has another e-mail now. This one does not open it any more.
letter-undo = If that was you, there is nothing to do. If not, take it back: every session of your account ends at once, and you choose a new password. The link is good for 72 hours.
letter-take-back = Take my e-mail back
letter-deletion-subject = Your account at { $brand } is going to be deleted
letter-deletion = Somebody who knows your password asked for your account at { $origin } to be deleted. You are signed out everywhere, and the account is deleted on { $deletion }.
letter-keep = If that is what you want, there is nothing to do. If not, sign in before then: that keeps the account.
letter-sign-in = Sign in to keep your account
letter-kept-subject = Your account at { $brand } stays
letter-kept = Your account at { $origin } was going to be deleted, and stays, because somebody signed in to it.
letter-export-subject = Your data at { $brand } was downloaded
letter-export = All that is held about you at { $origin } was downloaded as a file.
letter-device-subject = A new sign-in at { $brand }
letter-device = Somebody signed in to your account at { $origin } with your password, from a device that we do not know.

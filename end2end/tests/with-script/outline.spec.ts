// The pages as those hear them who cannot see them.
import { askForLetter, failOn, browsers, openMailbox, register, signIn, subjects } from '../../support/pages.ts';
import { expect, test } from '../../support/test.ts';

test('the sign-in form', async ({ page }) => {
  await page.goto('/login');
  await expect(page.locator('body')).toMatchAriaSnapshot(`
    - link "Skip to content":
      - /url: "#main"
    - banner:
      - link "Vestibule":
        - /url: /
      - navigation "Account":
        - link "Sign in":
          - /url: /login
        - link "Create account":
          - /url: /register
    - main:
      - heading "Sign in" [level=1]
      - textbox "E-mail"
      - textbox "Password"
      - button "Show password"
      - checkbox "Keep me signed in on this device"
      - button "Sign in"
      - paragraph:
        - link "Forgot your password?":
          - /url: /forgot
        - text: New here?
        - link "Create an account":
          - /url: /register
    - contentinfo
  `);
  await page.getByRole('button', { name: 'Show password' }).click();
  await expect(page.getByRole('main')).toMatchAriaSnapshot('- button "Hide password"');
});

test('the registration form with errors', async ({ page }) => {
  await failOn(page, '/register');
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Create your account" [level=1]
    - alert:
      - heading "Please check what is marked below" [level=2]
      - list:
        - listitem:
          - link "Enter an e-mail address such as name@example.org.":
            - /url: "#email"
        - listitem:
          - link "Enter a nickname.":
            - /url: "#nickname"
        - listitem:
          - link "Use at least 12 characters.":
            - /url: "#password"
    - textbox "E-mail" [invalid]: not an address
    - textbox "Nickname" [invalid]
    - textbox "Password" [invalid]
    - button "Create account"
  `);
  await expect(page.locator('#email')).toHaveAccessibleDescription('Enter an e-mail address such as name@example.org.');
  await expect(page.locator('#nickname')).toHaveAccessibleDescription('What others see. Up to 50 characters. Enter a nickname.');
  await expect(page.locator('#password')).toHaveAccessibleDescription(/^At least 12 characters\..* Use at least 12 characters\.$/);
});

test('the form for a code, with errors', async ({ page }) => {
  await failOn(page, '/reset');
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Choose a new password" [level=1]
    - paragraph: Enter the code that stands in the letter, or open the link in it.
    - alert:
      - heading "Please check what is marked below" [level=2]
      - list:
        - listitem:
          - link "Enter the code from the letter.":
            - /url: "#code"
        - listitem:
          - link "Use at least 12 characters.":
            - /url: "#new_password"
    - textbox "E-mail": nobody@example.com
    - textbox "Code" [invalid]
    - textbox "New password" [invalid]
    - button "Show new password"
    - button "Set the new password"
    - paragraph:
      - link "Ask for another letter":
        - /url: /forgot
  `);
  await expect(page.locator('#code')).toHaveAccessibleDescription('Six digits, from the newest letter. Enter the code from the letter.');
});

test('the form of a link says whose password it is, to those who hear it once', async ({ page, person }) => {
  await register(page, person);
  await askForLetter(page, person.email);
  const letter = await openMailbox(page, person.email, subjects.reset);
  await letter.getByRole('link').click();
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Choose a new password" [level=1]
    - paragraph: For ${person.email}. Every session of yours ends with it; sign in afterwards.
    - textbox "New password"
    - button "Show new password"
    - button "Set the new password"
  `);
  // The field for password managers is none of it.
  await expect(page.getByRole('main').getByRole('textbox')).toHaveCount(1);
});

test('the profile', async ({ page, person }) => {
  await register(page, person);
  await expect(page.locator('body')).toMatchAriaSnapshot(`
    - banner:
      - navigation "Account":
        - link "Profile":
          - /url: /profile
        - link "Sessions":
          - /url: /sessions
        - link "Password":
          - /url: /password
        - button "Sign out"
    - main:
      - heading "Your profile" [level=1]
      - status: Welcome. Your account is ready.
      - paragraph: ${person.nickname}
      - paragraph: ${person.email}
      - paragraph:
        - text: Member since
        - time: /^\\d{1,2} [A-Z][a-z]+ \\d{4}$/
      - paragraph:
        - text: Your e-mail is not confirmed yet.
        - link "Confirm it":
          - /url: /email
      - textbox "Nickname": ${person.nickname}
      - textbox "Signature"
      - button "Save profile"
      - heading "Picture" [level=2]
      - button "A new picture"
      - button "Upload picture"
      - paragraph:
        - link "Your e-mail":
          - /url: /email
        - link "Take your data, or delete your account":
          - /url: /account
  `);
  await expect(page.getByRole('link', { name: 'Profile', exact: true })).toHaveAttribute('aria-current', 'page');
});

test('the e-mail, with errors', async ({ page, person }) => {
  await register(page, person);
  await failOn(page, '/email');
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Your e-mail" [level=1]
    - paragraph: You sign in with ${person.email}.
    - alert:
      - heading "Please check one thing" [level=2]
      - list:
        - listitem:
          - link "Enter an e-mail address such as name@example.org.":
            - /url: "#email"
    - paragraph: It is not confirmed yet. Open the link in the letter that we sent there.
    - button "Send the letter again"
    - textbox "New e-mail" [invalid]: not an address
    - textbox "Current password"
    - button "Show current password"
    - button "Send a letter to the new e-mail"
    - heading "Letters" [level=2]
    - paragraph: Of a changed password, a changed e-mail and a stolen session you are told in any case.
    - checkbox "Tell me when I sign in from a new device" [checked]
    - button "Save"
  `);
  await expect(page.locator('#email')).toHaveAccessibleDescription(/^A letter goes there\..* Enter an e-mail address such as name@example\.org\.$/);
});

test('the page of the link that confirms an address', async ({ page, person, elsewhere }) => {
  await register(page, person);
  const letter = await openMailbox(page, person.email, subjects.confirm);
  const other = await elsewhere();
  await other.goto((await letter.getByRole('link').getAttribute('href')) ?? 'no link in the mailbox');
  await expect(other.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Confirm your e-mail" [level=1]
    - paragraph: Is ${person.email} yours? Say so, and it is confirmed.
    - textbox "Password"
    - button "Show password"
    - button "Confirm and sign in"
    - heading "You did not create this account?" [level=2]
    - paragraph: "Then somebody else did, with your e-mail. Make it yours: whoever created it is signed out, their password counts no more, and you choose one."
    - button "Make it mine"
  `);
  // The field for password managers is none of it.
  await expect(other.getByRole('main').getByRole('textbox')).toHaveCount(1);
});

test('the sessions', async ({ page, person, elsewhere }) => {
  await register(page, person);
  await signIn(await elsewhere({ userAgent: browsers['Firefox on Windows'] }), person);
  await page.goto('/sessions');
  const minute = '/^\\d{1,2} [A-Z][a-z]+ \\d{4}, \\d\\d:\\d\\d UTC$/';
  await expect(page.getByRole('main')).toMatchAriaSnapshot(`
    - heading "Your sessions" [level=1]
    - list:
      - listitem:
        - heading "Firefox on Windows" [level=2]
        - term: "Signed in:"
        - definition:
          - time: ${minute}
        - term: "Last seen:"
        - definition:
          - time: ${minute}
        - term: "Network:"
        - definition: 127.0.0.0/24
        - button "End the session of Firefox on Windows"
      - listitem:
        - heading "Chromium on Linux" [level=2]
        - text: This one
        - term: "Signed in:"
    - button "End all other sessions"
    - heading "Recent activity" [level=2]
    - list:
      - listitem:
        - paragraph: Signed in.
        - paragraph:
          - time: ${minute}
          - text: Firefox on Windows, 127.0.0.0/24
      - listitem:
        - paragraph: Account created.
  `);
});

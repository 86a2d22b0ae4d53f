"""Reads mails as Python's own library reads them: four bytes of length and a mail in, one line of JSON out, until the end."""

import email
import email.policy
import json
import struct
import sys

source, sink = sys.stdin.buffer, sys.stdout
while head := source.read(4):
    mail = email.message_from_bytes(source.read(struct.unpack(">I", head)[0]), policy=email.policy.default)
    defects = [type(defect).__name__ for part in mail.walk() for defect in part.defects]
    for value in mail.values():
        defects += [type(defect).__name__ for defect in getattr(value, "defects", ())]

    def mailboxes(name):
        return [[box.display_name, box.addr_spec] for value in mail.get_all(name, []) for box in value.addresses]

    def body(kind):
        part = mail.get_body((kind,))
        return part.get_content() if part else None

    found = {
        "defects": defects,
        "headers": list(mail.keys()),
        "subject": str(mail["subject"]),
        "from": mailboxes("from"),
        "to": mailboxes("to"),
        "reply_to": mailboxes("reply-to"),
        "date": mail["date"].datetime.timestamp(),
        "kinds": [part.get_content_type() for part in mail.walk()],
        "plain": body("plain"),
        "html": body("html"),
    }
    sink.write(json.dumps(found) + "\n")
    sink.flush()

-- What an owner turned into credit was earned before: no entry takes an owner's book below zero, whoever sends it and in whatever order it comes.
CREATE TRIGGER `owner_never_negative_at_first` BEFORE INSERT ON `balances`
WHEN substr(NEW.book, 1, 6) = 'owner:' AND NEW.amount < 0
BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: owner_never_negative'); END;
--> statement-breakpoint
CREATE TRIGGER `owner_never_negative` BEFORE UPDATE OF `amount` ON `balances`
WHEN substr(NEW.book, 1, 6) = 'owner:' AND NEW.amount < 0
BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: owner_never_negative'); END;

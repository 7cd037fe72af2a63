-- Leaves a device to one push for some seconds. A higher epoch begins anew at 1 and takes the device from any push of the
-- one before. Verdicts, with the epoch and the sequence that the device is at:
--   'held'      go on
--   'busy'      another push of the device is under way
--   'fenced'    the device has been installed anew since
--   'too many'  the party has as many devices as one may
CREATE OR REPLACE FUNCTION begin_push(
    p_workspace uuid, p_party uuid, p_device uuid, p_epoch bigint, p_push uuid, p_seconds integer, p_devices_max integer,
    p_at timestamptz
) RETURNS TABLE (verdict text, epoch bigint, expected bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    v_until  timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
    v_device device;
BEGIN
    IF (SELECT count(*) FROM device d WHERE d.workspace_id = p_workspace AND d.party_id = p_party) < p_devices_max THEN
        INSERT INTO device (workspace_id, party_id, device_id, epoch, expected, seen_at)
        SELECT w.workspace_id, p_party, p_device, p_epoch, 1, p_at FROM workspace w WHERE w.workspace_id = p_workspace
        ON CONFLICT DO NOTHING;
    END IF;
    SELECT * INTO v_device FROM device d
     WHERE d.workspace_id = p_workspace AND d.party_id = p_party AND d.device_id = p_device FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 'too many', p_epoch, 1::bigint;
    ELSIF p_epoch < v_device.epoch THEN
        RETURN QUERY SELECT 'fenced', v_device.epoch, v_device.expected;
    ELSIF p_epoch = v_device.epoch AND v_device.held_until > clock_timestamp() THEN
        RETURN QUERY SELECT 'busy', v_device.epoch, v_device.expected;
    ELSE
        RETURN QUERY
        UPDATE device d
           SET epoch = p_epoch, expected = CASE WHEN d.epoch = p_epoch THEN d.expected ELSE 1 END,
               held_by = p_push, held_until = v_until, seen_at = p_at
         WHERE d.workspace_id = p_workspace AND d.party_id = p_party AND d.device_id = p_device
        RETURNING 'held', d.epoch, d.expected;
    END IF;
END $$;
